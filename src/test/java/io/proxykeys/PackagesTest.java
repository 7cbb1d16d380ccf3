package io.proxykeys;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which package of the function may use which. A failure names the class and the line. */
class PackagesTest {

    private static final String OURS = "io.proxykeys.";
    private static final JavaClasses FUNCTION = new ClassFileImporter().importPath(Path.of("target/classes"));

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            // These report failures as typed exceptions. How HTTP words one is known to http, how an event does to alert and maintenance.
            "database    | problem http operation alert maintenance lambda",
            "auth        | problem http operation alert maintenance lambda",
            "alert       | problem http operation lambda",
            "maintenance | problem http operation lambda",
            // Shared by the operations, so they know none of them.
            "http        | operation alert maintenance lambda",
            "account     | http operation alert maintenance lambda",
            "key         | operation alert maintenance lambda",
            "revocation  | operation alert maintenance lambda",
            "config      | http operation alert maintenance lambda",
            "operation   | alert maintenance lambda",
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

    private static String below(String name) {
        return OURS + name + "..";
    }
}
