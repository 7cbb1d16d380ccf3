package io.proxykeys.operation;

import io.proxykeys.http.Request;
import io.proxykeys.json.Cursor;
import io.proxykeys.json.TextRules;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.RevocationRequest;
import io.proxykeys.revocation.Selection;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The query of an operation on several keys, read strictly: a typo must never delete everything. Parameters may come in any order, each
 * once. Only {@code name_prefix} is decoded (percent-encoded UTF-8, {@code +} is a blank); the others are compared as they are.
 *
 * @param selection which keys
 * @param blockNewKeysSeconds 0 (no block) to 3,600
 * @param page where the page begins; empty: at the first key
 */
public record KeyQuery(Selection selection, int blockNewKeysSeconds, Optional<Cursor> page) {

    private static final String STATUS = "status";
    private static final String NAME_PREFIX = "name_prefix";
    private static final String BLOCK = "block_new_keys_seconds";
    private static final String PAGE = "page";

    private static final List<String> OF_SELECTION = List.of(STATUS, NAME_PREFIX);
    private static final int LONGEST_PREFIX = 25;
    private static final int HEXADECIMAL = 16;

    /** The query of a preview: a selection. */
    public static KeyQuery ofSelection(Request request) {
        return of(request.rawQuery(), OF_SELECTION);
    }

    /** The query of a list: a selection and a page. */
    public static KeyQuery ofPage(Request request) {
        return of(request.rawQuery(), List.of(STATUS, NAME_PREFIX, PAGE));
    }

    /** The query of a deletion or a suspension: a selection and a block. */
    public static KeyQuery ofChange(Request request) {
        return of(request.rawQuery(), List.of(STATUS, NAME_PREFIX, BLOCK));
    }

    /** Whether the query selects some of the keys. */
    public boolean selects() {
        return !selection.equals(Selection.ALL);
    }

    /**
     * The parameters of the selection, for a link to the next page; {@code ""}: none. Encoded anew: what was sent may have characters that
     * a link must not have.
     */
    public String selectionQuery() {
        Stream<String> status = Stream.of(selection.status()).filter(one -> one != Selection.Status.ALL).map(one -> STATUS + "=" + one
                .code());
        Stream<String> prefix = selection.namePrefix().stream()
                .map(text -> NAME_PREFIX + "=" + URLEncoder.encode(text, StandardCharsets.UTF_8));
        return Stream.concat(status, prefix).collect(Collectors.joining("&"));
    }

    /** A 400 {@link ProblemException} for any query but with these parameters. */
    static KeyQuery of(String rawQuery, List<String> allowed) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String parameter : rawQuery.isEmpty() ? List.<String>of() : Arrays.asList(rawQuery.split("&", -1))) {
            String[] parts = parameter.split("=", 2);
            if (!allowed.contains(parts[0]) || parts.length < 2 || values.put(parts[0], parts[1]) != null) {
                throw unknown(allowed);
            }
        }
        return read(values).orElseThrow(() -> unknown(allowed));
    }

    private static Optional<KeyQuery> read(Map<String, String> values) {
        Optional<Selection.Status> status = status(values.get(STATUS));
        Optional<String> prefix = Optional.ofNullable(values.get(NAME_PREFIX)).flatMap(KeyQuery::decoded);
        Optional<Cursor> page = Optional.ofNullable(values.get(PAGE)).flatMap(value -> Cursor.ofQuery(PAGE + "=" + value));
        String block = values.getOrDefault(BLOCK, "0");
        if (status.isEmpty() || (values.containsKey(NAME_PREFIX) && prefix.isEmpty()) || (values.containsKey(PAGE) && page.isEmpty())
                || !block.matches("0|[1-9][0-9]{0,3}") || Integer.parseInt(block) > RevocationRequest.LONGEST_BLOCK_SECONDS) {
            return Optional.empty();
        }
        return Optional.of(new KeyQuery(new Selection(status.get(), prefix), Integer.parseInt(block), page));
    }

    /** All keys have to be asked for by no status at all. */
    private static Optional<Selection.Status> status(String value) {
        if (value == null) {
            return Optional.of(Selection.Status.ALL);
        }
        return Arrays.stream(Selection.Status.values()).filter(status -> status != Selection.Status.ALL && status.code().equals(value))
                .findFirst();
    }

    /** 1 to 25 characters; empty for what is malformed, or can be in no name. */
    private static Optional<String> decoded(String value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] raw = value.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] == '%') {
                if (i + 2 >= raw.length || Character.digit(raw[i + 1], HEXADECIMAL) < 0 || Character.digit(raw[i + 2], HEXADECIMAL) < 0) {
                    return Optional.empty();
                }
                bytes.write(Character.digit(raw[++i], HEXADECIMAL) * HEXADECIMAL + Character.digit(raw[++i], HEXADECIMAL));
            } else {
                bytes.write(raw[i] == '+' ? ' ' : raw[i]);
            }
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
            return TextRules.isStorable(text) && TextRules.hasLength(text, LONGEST_PREFIX) ? Optional.of(text) : Optional.empty();
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static ProblemException unknown(List<String> allowed) {
        return ProblemException.malformed("The query may have, each once and in any order, "
                + "status=expired, inactive, suspended or never_used; name_prefix= and 1 to 25 characters in percent-encoded UTF-8"
                + (allowed.contains(BLOCK) ? "; block_new_keys_seconds=0 to 3600" : "")
                + (allowed.contains(PAGE) ? "; the page of a Link header of this API" : "")
                + ". Without a selection it means all keys. Nothing was changed.");
    }
}
