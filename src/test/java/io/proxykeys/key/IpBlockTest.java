package io.proxykeys.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.proxykeys.harness.Postgres;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an IP whitelist may list. */
class IpBlockTest {

    @ParameterizedTest
    @ValueSource(strings = { "0.0.0.0", "255.255.255.255", "10.0.0.0/8", "10.0.0.1/32", "0.0.0.0/0", "192.168.1.128/25", "::", "::1",
            "::/0",
            "2001:db8::/32", "2001:DB8:0:0:0:0:0:1", "fe80::1/128", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "64:ff9b::192.0.2.33",
            "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::" })
    void isAccepted(String text) {
        assertTrue(IpBlock.isValid(text));
        // The database reads it in the same way.
        assertEquals(true, Postgres.shared().one(Boolean.class, "SELECT as_inet(?) IS NOT NULL AND as_inet(?) = network(as_inet(?))::inet",
                text, text, text));
    }

    @ParameterizedTest
    @ValueSource(strings = { "", " ", "10", "10.0.0", "10.0.0.256", "10.0.0.01", "010.0.0.1", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1/",
            "10.0.0.0/33",
            "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.1/8", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "0x0a.0.0.1", "localhost",
            "example.com", ":", ":::", "1::2::3", "::/129", "2001:db8::1/32", "::g", "[::1]", "fe80::1%eth0", "fe80::1%1",
            "::ffff:10.0.0.1/104",
            "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "::10.0.0.256", "12345::", "::00001", "2001:00db8::", "10.0.0.1\n", "١٠.0.0.1", "*",
            "10.*", "a:b", "abc", ".:1" })
    void isRefused(String text) {
        assertFalse(IpBlock.isValid(text));
    }
}
