package io.proxykeys.account;

import java.nio.charset.StandardCharsets;

/** What an account id may look like, in tokens and alerts alike. */
public final class AccountId {

    private static final int MAX = 255;

    private AccountId() {
    }

    /**
     * One to 255 characters, none of them a control character. Half of a surrogate pair is no character: written as UTF-8 it
     * would become a question mark, and the id another account's.
     */
    public static boolean isValid(String text) {
        return !text.isEmpty() && text.codePointCount(0, text.length()) <= MAX
                && text.chars().noneMatch(Character::isISOControl) && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
