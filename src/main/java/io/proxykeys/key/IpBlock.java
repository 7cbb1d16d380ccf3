package io.proxykeys.key;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** What an IP whitelist may list: an address or a CIDR block, IPv4 (RFC 4632) or IPv6 (RFC 4291, section 2.2). */
public final class IpBlock {

    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");

    /**
     * With these characters and a colon, Java reads a text as an IPv6 address or not at all, and asks no name server. PostgreSQL refuses
     * five digits.
     */
    private static final Pattern LIKE_IPV6 = Pattern.compile("(?!.*[0-9a-fA-F]{5})[0-9a-fA-F:][0-9a-fA-F:.]{1,44}");

    private static final Pattern PREFIX_LENGTH = Pattern.compile("0|[1-9][0-9]{0,2}");

    private IpBlock() {
    }

    /**
     * Whether a text is an address, or a block without a bit behind its prefix: of {@code 10.0.0.1/8} it cannot be told whether one
     * address is meant or sixteen million.
     */
    public static boolean isValid(String text) {
        int slash = text.indexOf('/');
        byte[] address = address(slash < 0 ? text : text.substring(0, slash));
        if (address.length == 0 || slash < 0) {
            return address.length > 0;
        }
        String prefix = text.substring(slash + 1);
        return PREFIX_LENGTH.matcher(prefix).matches() && Integer.parseInt(prefix) <= address.length * Byte.SIZE
                && isZeroFrom(address, Integer.parseInt(prefix));
    }

    /** 4 or 16 bytes; none for anything else. */
    private static byte[] address(String text) {
        boolean v4 = IPV4.matcher(text).matches();
        if (!v4 && (text.indexOf(':') < 0 || !LIKE_IPV6.matcher(text).matches())) {
            return new byte[0];
        }
        try {
            byte[] bytes = InetAddress.getByName(text).getAddress();
            // Java makes an IPv4 address of an IPv6 one that stands for it (::ffff:10.0.0.1); its prefix counts from the left of the 16.
            return v4 || bytes.length == 16 ? bytes : mapped(bytes);
        } catch (UnknownHostException e) {
            return new byte[0];
        }
    }

    private static byte[] mapped(byte[] v4) {
        byte[] bytes = new byte[16];
        bytes[10] = -1;
        bytes[11] = -1;
        System.arraycopy(v4, 0, bytes, 12, v4.length);
        return bytes;
    }

    private static boolean isZeroFrom(byte[] address, int bit) {
        for (int i = bit; i < address.length * Byte.SIZE; i++) {
            if ((address[i / Byte.SIZE] & (0x80 >> (i % Byte.SIZE))) != 0) {
                return false;
            }
        }
        return true;
    }
}
