package io.proxykeys.auth;

/**
 * Who calls, as a verified access token says.
 *
 * @param account the account id, 1 to 255 characters, none of them a control character
 * @param client the token's {@code azp}, {@code client_id}, {@code cid} or {@code appid}, the first that is there, at most 255
 *        characters; {@code null} if it has none of them
 * @param subject the token's {@code sub}, the person or machine that acts: 1 to 255 characters; {@code null} if it has none
 */
public record Caller(String account, String client, String subject) {
}
