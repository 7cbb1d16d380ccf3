package io.proxykeys.github;

import io.proxykeys.database.CommitGate;
import io.proxykeys.http.Request;
import io.proxykeys.http.Response;
import io.proxykeys.http.Route;
import io.proxykeys.http.SignedEndpoint;
import io.proxykeys.json.JsonPage;
import io.proxykeys.key.KeyReference;
import io.proxykeys.log.LogEvent;
import io.proxykeys.log.Metric;
import io.proxykeys.problem.ProblemException;
import io.proxykeys.revocation.AlertRequest;
import io.proxykeys.revocation.AlertResult;
import io.proxykeys.revocation.AlertRevocations;
import io.proxykeys.revocation.AlertTarget;
import io.proxykeys.revocation.RevocationRequest;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * {@code POST /v1/auth/proxy/leaks/github}: GitHub's secret scanning reports tokens that it found in public (<a
 * href="https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program/secret-scanning-partner-program"
 * >GitHub</a>).
 * Each is revoked like an alert that names a key, in a transaction of its own, and GitHub is told whether it was a key of ours.
 *
 * <p>GitHub waits for 30 seconds, and does not say whether it ever repeats a report. So what could not be revoked in time is in the log, by
 * its hash, and can be sent again as an event: with the hash as {@code incident_id} it is the same alert.
 */
@Singleton
class GithubReportEndpoint implements SignedEndpoint {

    private static final Logger LOG = Logger.getLogger(GithubReportEndpoint.class);
    private static final int MAX_BYTES = 1024 * 1024;

    /** What Lambda delivers at most: a body of any length is verified before it is refused for its length. */
    private static final int MAX_DELIVERED = 6 * 1024 * 1024;
    private static final String GITHUB = "github";
    private static final String REASON = "found by GitHub's secret scanning";

    /** Of the time that the sender waits: to write down what was not revoked. */
    private static final Duration RESERVE = Duration.ofSeconds(1);

    private final GithubSignatures signatures;
    private final AlertRevocations revocations;

    /** Whether a leak was revoked, or how it is known that it was none; empty: it was not carried out. */
    private record Carried(Leak leak, Optional<Boolean> wasKey) {
    }

    @Inject
    GithubReportEndpoint(GithubSignatures signatures, AlertRevocations revocations) {
        this.signatures = signatures;
        this.revocations = revocations;
    }

    @Override
    public Route route() {
        return Route.GITHUB_REPORT;
    }

    @Override
    public boolean isServed() {
        return signatures.areConfigured();
    }

    @Override
    public Uni<Response> serve(Request request) {
        long end = System.nanoTime() + request.bound().minus(RESERVE).toNanos();
        byte[] body = request.bytes(MAX_DELIVERED)
                .orElseThrow(() -> ProblemException.invalidSignature(new GithubSignatures.InvalidSignature("the body is no base64")));
        return signatures.verify(request.headers("Github-Public-Key-Identifier"), request.headers("Github-Public-Key-Signature"), body)
                .onFailure(GithubSignatures.InvalidSignature.class).transform(ProblemException::invalidSignature)
                .chain(() -> {
                    if (body.length > MAX_BYTES) {
                        throw ProblemException.bodyTooLarge(MAX_BYTES);
                    }
                    request.refuseQuery();
                    return revoke(read(body), end);
                });
    }

    /** It may be that GitHub never sends it again, so an operator has to know. */
    private static List<Leak> read(byte[] body) {
        LeakReport report;
        try {
            report = LeakReport.read(body);
        } catch (ProblemException unreadable) {
            LogEvent.of("leak_not_revoked", "A report that GitHub signed cannot be read: no key of it was revoked")
                    .with("reason", unreadable.getMessage())
                    .count(Metric.LEAKS_NOT_REVOKED)
                    .error(LOG, null);
            throw unreadable;
        }
        report.odd().forEach(GithubReportEndpoint::log);
        return report.leaks();
    }

    private static void log(LeakReport.Odd odd) {
        LogEvent.of("odd_leak", odd.sha256().isEmpty() ? "An entry of a report that GitHub signed cannot be read: if it is a key, it lives"
                : "An entry of a report that GitHub signed is not complete; its token is revoked all the same")
                .with("position", odd.position())
                .with("reason", odd.reason())
                .with("key_sha256", odd.sha256().orElse(null))
                .count(Metric.LEAKS_NOT_REVOKED)
                .error(LOG, null);
    }

    private Uni<Response> revoke(List<Leak> leaks, long end) {
        return Multi.createFrom().iterable(leaks)
                .onItem().transformToUniAndConcatenate(leak -> revoke(leak, end))
                .collect().asList()
                .map(GithubReportEndpoint::answer);
    }

    private Uni<Carried> revoke(Leak leak, long end) {
        long left = end - System.nanoTime();
        if (left <= 0) {
            return Uni.createFrom().item(notRevoked(leak, new TimeoutException()));
        }
        CommitGate gate = new CommitGate();
        return revocations.revoke(alert(leak), gate)
                .ifNoItem().after(Duration.ofNanos(left)).failWith(() -> gate.giveUp(new TimeoutException()))
                .map(result -> new Carried(leak, Optional.of(wasKey(result))))
                .onFailure().recoverWithItem(failure -> notRevoked(leak, failure));
    }

    /** A report has no incident of its own: the key stands for it. */
    private static AlertRequest alert(Leak leak) {
        KeyReference key = KeyReference.ofSecretHash(HexFormat.of().parseHex(leak.sha256()));
        AlertTarget.Key target = new AlertTarget.Key(key, Optional.empty(), false);
        return new AlertRequest(RevocationRequest.newId(), target, false, AlertRequest.dedupeKeyOfKeyAlert(leak.sha256(), GITHUB, false,
                false), GITHUB,
                Optional.of(GITHUB), Optional.of(REASON), leak.url(), Instant.now(), 0);
    }

    private static boolean wasKey(AlertResult result) {
        return result instanceof AlertResult.Done || (result instanceof AlertResult.UnknownKey unknown && unknown.wasKey());
    }

    private static Carried notRevoked(Leak leak, Throwable failure) {
        LogEvent.of("leak_not_revoked", "A key that GitHub reported was not revoked, or it is not known whether it was")
                .with("key_sha256", leak.sha256())
                .with("url", leak.url().orElse(null))
                .with("reason", failure.toString())
                .count(Metric.LEAKS_NOT_REVOKED)
                .error(LOG, null);
        return new Carried(leak, Optional.empty());
    }

    /** GitHub's feedback, as much as an answer has room for; 503 if one was not carried out. */
    private static Response answer(List<Carried> all) {
        long left = all.stream().filter(one -> one.wasKey.isEmpty()).count();
        if (left > 0) {
            throw ProblemException.leaksNotRevoked(Math.toIntExact(left), all.size());
        }
        JsonPage feedback = new JsonPage(Integer.MAX_VALUE);
        all.forEach(one -> feedback.add(json -> {
            json.writeStringField("token_hash", one.leak.sha256());
            json.writeStringField("token_type", one.leak.type());
            json.writeStringField("label", one.wasKey.orElseThrow() ? "true_positive" : "false_positive");
        }));
        return Response.json(feedback.json());
    }
}
