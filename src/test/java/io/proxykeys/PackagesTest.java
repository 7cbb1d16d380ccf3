package io.proxykeys;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which package of the function may use which. A failure names the class and the line. */
class PackagesTest {

    private static final String OURS = "io.proxykeys.";
    private static final JavaClasses FUNCTION = new ClassFileImporter().importPath(Path.of("target/classes"));

    /** From the top: a package may use those of lower layers, and no other of its own layer. */
    private static final List<List<String>> LAYERS = List.of(
            List.of("dev"),
            List.of("lambda", "start"),
            List.of("alert", "github", "maintenance", "operation"),
            List.of("http", "revocation"),
            List.of("auth"),
            List.of("account", "key"),
            List.of("database"),
            List.of("connection", "signingkeys"),
            List.of("config", "log"),
            List.of("json", "problem"));

    @ParameterizedTest
    @MethodSource("packages")
    void aPackageUsesLowerLayersOnly(String user) {
        String[] forbidden = LAYERS.stream().limit(layerOf(user) + 1L).flatMap(List::stream).filter(other -> !other.equals(user))
                .map(PackagesTest::below).toArray(String[]::new);

        noClasses().that().resideInAPackage(below(user)).should().dependOnClassesThat().resideInAnyPackage(forbidden).check(FUNCTION);
    }

    @Test
    void everyPackageHasALayer() {
        Set<String> there = FUNCTION.stream().map(type -> type.getPackageName().substring(OURS.length()).split("\\.", 2)[0])
                .collect(Collectors.toSet());

        assertEquals(there, packages().collect(Collectors.toSet()));
    }

    @Test
    void packagesHaveNoCycle() {
        slices().matching(OURS + "(*)..").should().beFreeOfCycles().check(FUNCTION);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            // These report failures as typed exceptions. How HTTP words one is known to http, how an event does to alert and maintenance.
            "connection  | problem",
            "signingkeys | problem",
            "database    | problem",
            "auth        | problem",
            "alert       | problem http",
            "maintenance | problem http",
            "log         | config problem",
            // The sender of a report is known by its signature, not by a token; what is wrong with it is not a token's fault.
            "github      | auth connection",
            // It makes ready what the others have, and serves nothing.
            "start       | http operation alert maintenance problem",
    })
    void aPackageDoesNotUse(String user, String used) {
        String[] forbidden = Stream.of(used.split(" ", -1)).map(PackagesTest::below).toArray(String[]::new);

        noClasses().that().resideInAPackage(below(user)).should().dependOnClassesThat().resideInAnyPackage(forbidden).check(FUNCTION);
    }

    /** They could be libraries. */
    @ParameterizedTest
    @ValueSource(strings = { "json", "problem" })
    void aPackageUsesNothingElseOfOurs(String user) {
        noClasses().that().resideInAPackage(below(user)).should()
                .dependOnClassesThat(resideInAPackage("io.proxykeys..").and(resideOutsideOfPackages(below(user)))).check(FUNCTION);
    }

    @Test
    void operationsDoNotUseEachOther() {
        slices().matching(OURS + "operation.(*)..").should().notDependOnEachOther().check(FUNCTION);
    }

    @Test
    void theEntryIsUsedByDevelopmentOnly() {
        classes().that().resideInAPackage(below("lambda")).should().onlyHaveDependentClassesThat()
                .resideInAnyPackage(below("lambda"), below("dev")).check(FUNCTION);
    }

    @Test
    void nothingUsesWhatIsForDevelopmentOnly() {
        classes().that().resideInAPackage(below("dev")).should().onlyHaveDependentClassesThat()
                .resideInAPackage(below("dev")).check(FUNCTION);
    }

    private static Stream<String> packages() {
        return LAYERS.stream().flatMap(List::stream);
    }

    private static int layerOf(String name) {
        return Stream.iterate(0, layer -> layer + 1).filter(layer -> LAYERS.get(layer).contains(name)).findFirst().orElseThrow();
    }

    private static String below(String name) {
        return OURS + name + "..";
    }
}
