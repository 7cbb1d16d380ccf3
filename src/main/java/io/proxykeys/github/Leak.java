package io.proxykeys.github;

import java.util.Optional;

/**
 * One token of a report. The token itself is not kept, only its hash.
 *
 * @param sha256 of the token, without blanks and line breaks around it, in hexadecimal digits
 * @param type by which GitHub knows this kind of token; empty if the report does not say
 * @param url where it was found, fit to be kept
 */
record Leak(String sha256, String type, Optional<String> url) {
}
