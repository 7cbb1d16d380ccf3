package io.proxykeys.connection;

/** An event of the start: the pool has begun to connect. Hibernate starts after it, and {@code StartupEvent} follows later still. */
public record Connecting() {
}
