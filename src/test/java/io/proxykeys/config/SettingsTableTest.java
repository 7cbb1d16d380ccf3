package io.proxykeys.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The table of settings in {@code src/docs/configuration.md} has what the interfaces of this package say, so that it is written in one
 * place.
 */
class SettingsTableTest {

    private static final Pattern ROW = Pattern.compile("\\| `([A-Z_]+)` \\| (.*) \\| (?:`(.*)` )?\\|");
    private static final Pattern MEMBER = Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s*@WithName\\(\"([^\"]+)\"\\)", Pattern.DOTALL);

    private record Row(String meaning, String defaultValue) {
    }

    @Test
    void everySettingIsInTheTableWithItsMeaningAndItsDefault() throws IOException {
        Map<String, Row> expected = new TreeMap<>();
        for (Class<?> settings : new Class<?>[] { Settings.class, TokenSettings.class, DatabaseSettings.class }) {
            ConfigClass mapping = ConfigClass.configClass(settings);
            Map<String, String> meanings = meanings(settings, mapping.getPrefix());
            assertEquals(new TreeSet<>(mapping.getProperties().keySet()), new TreeSet<>(meanings.keySet()), settings.getName());
            mapping.getProperties().forEach((property, value) -> expected.put(property.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT),
                    new Row(meanings.get(property), value)));
        }
        assertEquals(expected, table());
    }

    private static Map<String, Row> table() throws IOException {
        Map<String, Row> table = new TreeMap<>();
        String page = Files.readString(Path.of("src/docs/configuration.md"));
        page.substring(page.indexOf("## The variables")).lines()
                .dropWhile(line -> !line.startsWith("|")).takeWhile(line -> line.startsWith("|")).skip(2).forEach(line -> {
                    Matcher row = ROW.matcher(line);
                    assertTrue(row.matches(), line);
                    table.put(row.group(1), new Row(row.group(2), row.group(3)));
                });
        return table;
    }

    /** The Javadoc of each member, by its property. */
    private static Map<String, String> meanings(Class<?> settings, String prefix) throws IOException {
        Map<String, String> meanings = new LinkedHashMap<>();
        Path source = Path.of("src/main/java", settings.getName().replace('.', '/') + ".java");
        Matcher member = MEMBER.matcher(Files.readString(source));
        while (member.find()) {
            meanings.put(prefix + "." + member.group(2), member.group(1).replaceAll("\\s*\\n\\s*\\* ?", " ")
                    .replaceAll("\\{@code ([^}]*)}", "`$1`").strip());
        }
        return meanings;
    }
}
