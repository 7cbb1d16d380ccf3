package io.proxykeys.operation.deleteall;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.proxykeys.revocation.Selection;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeletionQueryTest {

    @ParameterizedTest
    @CsvSource({ "'',ALL,0", "status=expired,EXPIRED,0", "status=inactive,INACTIVE,0", "status=never_used,NEVER_USED,0",
            "block_new_keys_seconds=0,ALL,0", "block_new_keys_seconds=900,ALL,900", "block_new_keys_seconds=3600,ALL,3600",
            "status=expired&block_new_keys_seconds=1,EXPIRED,1", "status=never_used&block_new_keys_seconds=3600,NEVER_USED,3600" })
    void isRead(String query, Selection selection, int seconds) {
        assertEquals(Optional.of(new DeletionQuery(selection, seconds)), DeletionQuery.of(query));
    }

    @ParameterizedTest
    @ValueSource(strings = { "block_new_keys_seconds", "block_new_keys_seconds=", "block_new_keys_seconds=-1",
            "block_new_keys_seconds=3601",
            "block_new_keys_seconds=99999999999", "block_new_keys_seconds=1.0", "block_new_keys_seconds=1e2", "block_new_keys_seconds=060",
            "block_new_keys_seconds=00", "block_new_keys_seconds=+1", "block_new_keys_seconds=%31", "block_new_keys_seconds=\u0661",
            "block_new_keys_seconds=1\n", "Block_new_keys_seconds=1", "block_new_key_seconds=1", "xblock_new_keys_seconds=1",
            "block_new_keys_seconds=1&block_new_keys_seconds=1", "block_new_keys_seconds=1&status=expired", "block_new_keys_seconds=1&",
            "&block_new_keys_seconds=1", "status=&block_new_keys_seconds=1", "status=all&block_new_keys_seconds=1",
            "status=expired&status=expired&block_new_keys_seconds=1", "status=expired&&block_new_keys_seconds=1", "status=expired&",
            "status=expired&x=1", "block_new_keys_seconds=1;status=expired" })
    void isRefused(String query) {
        assertEquals(Optional.empty(), DeletionQuery.of(query));
    }
}
