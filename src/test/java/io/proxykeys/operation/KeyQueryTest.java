package io.proxykeys.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.Selection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyQueryTest {

    private static final List<String> ALL_PARAMETERS = List.of("status", "name_prefix", "block_new_keys_seconds", "page");

    @ParameterizedTest
    @CsvSource({ "'',ALL,,0", "status=expired,EXPIRED,,0", "status=inactive,INACTIVE,,0", "status=suspended,SUSPENDED,,0",
            "status=never_used,NEVER_USED,,0", "block_new_keys_seconds=0,ALL,,0", "block_new_keys_seconds=3600,ALL,,3600",
            "status=expired&block_new_keys_seconds=1,EXPIRED,,1", "block_new_keys_seconds=1&status=expired,EXPIRED,,1",
            "name_prefix=a,ALL,a,0", "name_prefix=a&status=expired&block_new_keys_seconds=5,EXPIRED,a,5",
            "block_new_keys_seconds=5&name_prefix=a&status=expired,EXPIRED,a,5", "name_prefix=a+b,ALL,a b,0", "name_prefix=%41%2b,ALL,A+,0",
            "name_prefix=%25_=,ALL,%_=,0", "name_prefix=%f0%9f%98%80,ALL,\uD83D\uDE00,0", "name_prefix=%20,ALL,' ',0",
            "name_prefix=1234567890123456789012345,ALL,1234567890123456789012345,0" })
    void isRead(String query, Selection.Status status, String prefix, int seconds) {
        KeyQuery read = KeyQuery.of(query, ALL_PARAMETERS);

        assertEquals(new Selection(status, Optional.ofNullable(prefix)), read.selection());
        assertEquals(seconds, read.blockNewKeysSeconds());
    }

    @ParameterizedTest
    @CsvSource({ "status=expired,status=expired", "name_prefix=a%20b&status=expired,status=expired&name_prefix=a+b",
            "name_prefix=<>;\u00e9,name_prefix=%3C%3E%3B%C3%A9",
            "block_new_keys_seconds=1,''" })
    void aLinkToTheNextPageSelectsTheSame(String query, String selection) {
        assertEquals(selection, KeyQuery.of(query, ALL_PARAMETERS).selectionQuery());
    }

    @ParameterizedTest
    @ValueSource(strings = { "block_new_keys_seconds", "block_new_keys_seconds=", "block_new_keys_seconds=-1",
            "block_new_keys_seconds=3601",
            "block_new_keys_seconds=99999999999", "block_new_keys_seconds=1.0", "block_new_keys_seconds=1e2", "block_new_keys_seconds=060",
            "block_new_keys_seconds=00", "block_new_keys_seconds=+1", "block_new_keys_seconds=%31", "block_new_keys_seconds=\u0661",
            "block_new_keys_seconds=1\n", "Block_new_keys_seconds=1", "block_new_key_seconds=1", "xblock_new_keys_seconds=1",
            "block_new_keys_seconds=1&block_new_keys_seconds=1", "block_new_keys_seconds=1&",
            "&block_new_keys_seconds=1", "status=&block_new_keys_seconds=1", "status=all&block_new_keys_seconds=1", "status=prefix",
            "status=expired&status=expired&block_new_keys_seconds=1", "status=expired&&block_new_keys_seconds=1", "status=expired&",
            "status=expired&x=1", "block_new_keys_seconds=1;status=expired", "status=Expired", "status=%65xpired", "name_prefix",
            "name_prefix=",
            "name_prefix=a&name_prefix=b", "name_prefix=%", "name_prefix=%4", "name_prefix=%zz", "name_prefix=%00", "name_prefix=%ff",
            "name_prefix=%ed%a0%80", "name_prefix=12345678901234567890123456", "nameprefix=a", "page=", "page=x", "=", "&" })
    void isRefused(String query) {
        assertThrows(ProblemException.class, () -> KeyQuery.of(query, ALL_PARAMETERS));
    }

    @ParameterizedTest
    @ValueSource(strings = { "block_new_keys_seconds=1", "page=MCA" })
    void aSelectionAloneHasNoOtherParameters(String query) {
        assertThrows(ProblemException.class, () -> KeyQuery.of(query, List.of("status", "name_prefix")));
    }
}
