package io.proxykeys.harness;

import java.util.Random;
import java.util.function.IntSupplier;

/** Texts out of all of Unicode, as PostgreSQL can hold them: without NUL and half surrogates. */
public final class Texts {

    private final Random random;

    /** @param seed the same for the same texts */
    public Texts(long seed) {
        random = new Random(seed);
    }

    /** A text of this many characters, all of one kind, or of all kinds. */
    public String next(int characters) {
        int kind = random.nextInt(7);
        return next(characters, () -> character(kind == 6 ? random.nextInt(6) : kind));
    }

    private static String next(int characters, IntSupplier next) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < characters; i++) {
            text.appendCodePoint(next.getAsInt());
        }
        return text.toString();
    }

    private int character(int kind) {
        return switch (kind) {
            case 0 -> '"';
            case 1 -> '\\';
            case 2 -> 1 + random.nextInt(0x1F);
            case 3 -> 0x20 + random.nextInt(0x800 - 0x20);
            // Around the surrogates.
            case 4 -> random.nextBoolean() ? 0x800 + random.nextInt(0xD800 - 0x800) : 0xE000 + random.nextInt(0x10000 - 0xE000);
            default -> 0x10000 + random.nextInt(0x100000);
        };
    }
}
