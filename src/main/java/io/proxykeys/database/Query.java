package io.proxykeys.database;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.hibernate.grammars.hql.HqlLexer;
import org.hibernate.grammars.hql.HqlParser;

/**
 * Makes constants of queries in Hibernate's language, and parses them. The parser (ANTLR) keeps in static tables what it has found out
 * about a sequence of tokens. The classes of the native function are initialised when its image is built, so the tables come with the
 * image: building them is 190 to 330 ms of processor time, which the first reader of each instance would wait for.
 *
 * <p>Panache hands the texts to Hibernate as they are. It would put something in front of a query that begins with neither {@code from}
 * nor {@code select}, and nothing would have parsed that.
 */
public final class Query {

    private Query() {
    }

    /**
     * A query as it is.
     *
     * @throws org.antlr.v4.runtime.misc.ParseCancellationException it is not in the language; no image is built then
     */
    public static String of(String hql) {
        HqlParser parser = new HqlParser(new CommonTokenStream(new HqlLexer(CharStreams.fromString(hql))));
        // As Hibernate does. Other modes have other entries in the tables.
        parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
        parser.setErrorHandler(new BailErrorStrategy());
        parser.removeErrorListeners();
        parser.statement();
        return hql;
    }

    /**
     * A query for rows that are read into a record: the select clause names its components.
     *
     * @param from the rest, from the word {@code from} on
     */
    public static String rows(Class<? extends Record> type, String from) {
        return of(Arrays.stream(type.getRecordComponents()).map(component -> component.getName())
                .collect(Collectors.joining(", ", "select ", " ")) + from);
    }
}
