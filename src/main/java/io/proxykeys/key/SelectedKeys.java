package io.proxykeys.key;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;

/**
 * What an operation on several keys would take.
 *
 * @param count how many keys
 * @param unused the credits they have left; {@code null} if there is no key
 * @param balance of the account
 */
@RegisterForReflection // made by Hibernate, from a row
public record SelectedKeys(long count, BigDecimal unused, BigDecimal balance) {
}
