package io.proxykeys.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Harness;
import io.proxykeys.json.Cursor;
import io.quarkus.arc.All;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.dfa.DFA;
import org.antlr.v4.runtime.misc.ParseCancellationException;
import org.hibernate.grammars.hql.HqlLexer;
import org.hibernate.grammars.hql.HqlParser;
import org.junit.jupiter.api.Test;

/** With a profile of its own, whose classes are loaded anew: no other test has parsed anything with them. */
@QuarkusTest
@TestProfile(QueryTest.Alone.class)
@WithTestResource(Harness.class)
class QueryTest {

    private static final Map<Class<?>, Object> ARGUMENTS = Map.of(String.class, "nobody", Cursor.class, Cursor.START, int.class, 1,
            Instant.class, Instant.EPOCH, UUID.class, new UUID(0, 0));

    @Inject
    @All
    List<PanacheRepositoryBase<?, ?>> repositories;

    @Inject
    Transactions transactions;

    /** What the parser's tables have once the repositories are initialised is what they have in the native image. */
    @Test
    void noQueryOfARepositoryIsParsedForTheFirstTimeWhenItIsRun() throws Throwable {
        long before = entriesOfTheParsersTables();
        int queries = 0;
        for (PanacheRepositoryBase<?, ?> repository : repositories) {
            for (Method method : repository.getClass().getDeclaredMethods()) {
                if (Modifier.isPublic(method.getModifiers()) && !isPanaches(method)) {
                    run(repository, method);
                    assertEquals(before, entriesOfTheParsersTables(), method.toString());
                    queries++;
                }
            }
        }
        assertTrue(queries >= 7, "queries: " + queries);

        Query.of("select max(k.createdAt) from ProxyKey k");
        assertTrue(entriesOfTheParsersTables() > before);
    }

    @Test
    void aTextThatIsNoQueryFailsWhenItIsMade() {
        assertThrows(ParseCancellationException.class, () -> Query.of("accountId = ?1"));
    }

    private static boolean isPanaches(Method method) {
        return Arrays.stream(PanacheRepositoryBase.class.getMethods()).anyMatch(other -> other.getName().equals(method.getName()));
    }

    private void run(PanacheRepositoryBase<?, ?> repository, Method method) throws Throwable {
        Object[] arguments = Arrays.stream(method.getParameterTypes()).map(ARGUMENTS::get).map(Objects::requireNonNull).toArray();
        VertxContextSupport.subscribeAndAwait(() -> transactions.read(() -> call(repository, method, arguments))
                .onFailure(UnknownAccount.class).recoverWithNull());
    }

    private static Uni<?> call(Object repository, Method method, Object... arguments) {
        try {
            return (Uni<?>) method.invoke(repository, arguments);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(method.toString(), e);
        }
    }

    private static long entriesOfTheParsersTables() {
        HqlLexer lexer = new HqlLexer(CharStreams.fromString(""));
        HqlParser parser = new HqlParser(new CommonTokenStream(lexer));
        return entries(lexer.getInterpreter().decisionToDFA) + entries(parser.getInterpreter().decisionToDFA);
    }

    private static long entries(DFA... tables) {
        return Arrays.stream(tables).flatMap(table -> table.states.keySet().stream()).filter(state -> state.edges != null)
                .flatMap(state -> Arrays.stream(state.edges)).filter(Objects::nonNull).count();
    }

    /** Changes nothing. */
    public static class Alone implements QuarkusTestProfile {
    }
}
