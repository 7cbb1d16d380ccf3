package io.proxykeys.startup;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import org.hibernate.query.hql.internal.StandardHqlTranslator;
import org.hibernate.query.sqm.tree.SqmStatement;

/**
 * Leaves the parser of Hibernate's query language out of the native function, whose reads are SQL: {@code src/docs/performance.md}
 * has the figures. Development and tests on the JVM still have it; who wants a query in that language, or one that Panache makes,
 * in the function deletes this class.
 */
@TargetClass(StandardHqlTranslator.class)
final class NoQueryLanguage {

    @Substitute
    @SuppressWarnings("DoNotCallSuggester")
    public <R> SqmStatement<R> translate(String query, Class<R> expectedResultType) {
        throw new UnsupportedOperationException("the native function is built without Hibernate's query language: " + query);
    }

    private NoQueryLanguage() {
    }
}
