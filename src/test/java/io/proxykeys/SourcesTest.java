package io.proxykeys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is checked in every text of the project: sources, tests, examples, benchmarks, documents. A failure names file and line. */
class SourcesTest {

    private static final Pattern TEXT = Pattern
            .compile(".*\\.(java|sql|md|ya?ml|properties|html|py|sh|ts|js|mjs|go|xml|txt)");
    /** What a release had, word for word. */
    private static final Path RELEASED = Path.of("src/test/resources/released");
    private static final int LONGEST_LINE = 140;
    private static final Set<String> SHELLS = Set.of("sh", "bash", "zsh");
    private static final Pattern COMMENT = Pattern.compile("(^|\\s)#");
    private static final Pattern BASH_ONLY = Pattern.compile("\\$\\{[@*]:|\\[\\[ |<\\(|\\bread -\\w*s");

    @Test
    void noTextHasAWordThatReadersStumbleOver() throws IOException {
        Pattern words = words();
        assertEquals(List.of(), lines(file -> !file.startsWith(RELEASED), line -> words.matcher(line).find()),
                "find other words for these; .ci/words has some");
    }

    @Test
    void noLineOfJavaIsLongerThanTheFormatAllows() throws IOException {
        assertEquals(List.of(), lines(file -> name(file).endsWith(".java"), line -> line.codePointCount(0, line.length()) > LONGEST_LINE),
                "longer than " + LONGEST_LINE + " characters");
    }

    /** In an interactive zsh {@code #} begins no comment: what stands behind it are arguments, to a curl with a token addresses. */
    @Test
    void nothingToPasteHasAComment() throws IOException {
        List<String> places = new ArrayList<>();
        for (Path document : documents()) {
            String language = null;
            int number = 0;
            for (String line : Files.readAllLines(document)) {
                number++;
                if (line.strip().startsWith("```")) {
                    language = language == null ? line.strip().substring(3) : null;
                } else if (language != null && SHELLS.contains(language) && COMMENT.matcher(line).find()) {
                    places.add("\n" + document + ":" + number + ": " + line.strip());
                } else if ("sh".equals(language) && BASH_ONLY.matcher(line).find()) {
                    places.add("\n" + document + ":" + number + ": say bash, not sh: " + line.strip());
                }
            }
        }
        assertEquals(List.of(), places, "say it in the text around the block");
    }

    @Test
    void aListedWordIsFoundInAnyCaseAndOnlyAsAWholeWord() throws IOException {
        Pattern words = words();
        assertTrue(words.matcher("-- Men" + "ded: the lock").find());
        assertTrue(words.matcher("a (men" + "d)").find());
        assertTrue(!words.matcher("amendment, recommended").find());
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            return Stream.concat(Stream.of(Path.of("README.md")), files.filter(file -> name(file).endsWith(".md") && !generated(file)))
                    .sorted().toList();
        }
    }

    private static Pattern words() throws IOException {
        try (Stream<String> list = Files.lines(Path.of(".ci/words"))) {
            String any = list.filter(line -> !line.startsWith("#")).map(line -> line.split("\t", -1)[0])
                    .collect(Collectors.joining("|"));
            return Pattern.compile("(?<!\\w)(" + any + ")(?!\\w)", Pattern.CASE_INSENSITIVE);
        }
    }

    private static List<String> lines(Predicate<Path> wanted, Predicate<String> found) throws IOException {
        List<String> places = new ArrayList<>();
        for (Path root : List.of(Path.of("src"), Path.of("README.md"), Path.of("template.yaml"))) {
            try (Stream<Path> files = Files.walk(root)) {
                files.filter(file -> TEXT.matcher(name(file)).matches() && !generated(file)).filter(wanted).sorted()
                        .forEach(file -> places.addAll(lines(file, found)));
            }
        }
        return places;
    }

    private static List<String> lines(Path file, Predicate<String> found) {
        List<String> places = new ArrayList<>();
        try {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (found.test(lines.get(i))) {
                    places.add("\n" + file + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
            return places;
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** What the benchmarks of other platforms download and build. */
    private static boolean generated(Path file) {
        return Stream.of("node_modules", "build").anyMatch(folder -> file.toString().replace('\\', '/').contains("/" + folder + "/"));
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }
}
