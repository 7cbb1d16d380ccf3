package io.proxykeys.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.proxykeys.http.JsonBody;
import io.proxykeys.json.TextRules;
import io.proxykeys.key.IpBlock;
import io.proxykeys.problem.ProblemException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The settings of a key in the body of a request, for the operations that create and change keys. Each is empty if the body does not have
 * it, and a 422 {@link ProblemException} if it is of another type or out of bounds; {@code null} is of another type.
 *
 * <p>Numbers are read from their digits and judged by their value: {@code 1e2}, {@code 100.0} and {@code 100} are the same.
 */
public final class KeyFields {

    /** The fields of both operations. {@code limit_type} is sent by clients of this API family, and not looked at. */
    public static final Set<String> NAMES = Set.of("name", "allocated_ammount", "expires_at", "model_whitelist", "ip_whitelist",
            "limit_type");

    /** How long the body of both operations may be. */
    public static final int MAX_BYTES = 32 * 1024;

    /** {@code expires_at} of a key that never expires. */
    public static final long NEVER = -1;

    private static final int MAX_NAME = 25;
    private static final int MAX_ENTRIES = 100;
    private static final int MAX_MODEL = 100;
    private static final int DECIMALS = 6;

    /** The column has fourteen digits before the point. */
    private static final BigDecimal TOO_MUCH = new BigDecimal("1e14");
    private static final BigDecimal YEAR_1 = BigDecimal.valueOf(-62_135_596_800L);
    private static final BigDecimal YEAR_9999 = BigDecimal.valueOf(253_402_300_799L);

    private KeyFields() {
    }

    /** The name: 1 to 25 characters. */
    public static Optional<String> name(JsonBody body) {
        return body.field("name").map(value -> {
            if (!value.isTextual() || !isText(value.textValue(), MAX_NAME)) {
                throw invalid("name must be a string of 1 to 25 characters");
            }
            return value.textValue();
        });
    }

    /** The credits of a key, with six decimals: above 0, below 10^14. */
    public static Optional<BigDecimal> allocation(JsonBody body) {
        return body.field("allocated_ammount").map(value -> {
            // What is compared first bounds the exponent: 1e400 is never written out.
            if (!value.isNumber() || value.decimalValue().signum() <= 0 || value.decimalValue().compareTo(TOO_MUCH) >= 0
                    || value.decimalValue().stripTrailingZeros().scale() > DECIMALS) {
                throw invalid("allocated_ammount must be a number above 0 and below 100000000000000, with at most six decimals");
            }
            return value.decimalValue().setScale(DECIMALS);
        });
    }

    /** When a key expires: Unix seconds, or {@link #NEVER}. Whether that has passed is not looked at. */
    public static Optional<Long> expiry(JsonBody body) {
        return body.field("expires_at").map(value -> {
            if (!value.isNumber() || value.decimalValue().compareTo(YEAR_1) < 0 || value.decimalValue().compareTo(YEAR_9999) > 0
                    || value.decimalValue().stripTrailingZeros().scale() > 0) {
                throw invalidExpiry();
            }
            return value.decimalValue().longValueExact();
        });
    }

    /** What is said of an expiry that is none, or has passed. */
    public static ProblemException invalidExpiry() {
        return invalid("expires_at must be a time in the future in Unix seconds, or -1 for never");
    }

    /** The models that a key may call: up to 100 strings of 1 to 100 characters; none: all. */
    public static Optional<List<String>> models(JsonBody body) {
        return body.field("model_whitelist").map(value -> strings(value, text -> isText(text, MAX_MODEL),
                "model_whitelist must be an array of up to 100 strings of 1 to 100 characters"));
    }

    /** The addresses that a key may be used from: up to 100 of {@link IpBlock}; none: all. */
    public static Optional<List<String>> addresses(JsonBody body) {
        return body.field("ip_whitelist").map(value -> strings(value, IpBlock::isValid,
                "ip_whitelist must be an array of up to 100 IPv4 or IPv6 addresses or CIDR blocks, such as 10.0.0.0/8"));
    }

    private static List<String> strings(JsonNode array, Predicate<String> valid, String rule) {
        if (!array.isArray() || array.size() > MAX_ENTRIES) {
            throw invalid(rule);
        }
        List<String> values = new ArrayList<>(array.size());
        for (JsonNode value : array) {
            if (!value.isTextual() || !valid.test(value.textValue())) {
                throw invalid(rule);
            }
            values.add(value.textValue());
        }
        return values;
    }

    private static boolean isText(String text, int most) {
        return TextRules.hasLength(text, most) && TextRules.isStorable(text);
    }

    /** 422 with the rule that a field does not keep to. */
    public static ProblemException invalid(String rule) {
        return ProblemException.invalidField(rule + ". Nothing was changed.");
    }
}
