package io.proxykeys.http;

import io.proxykeys.account.UnknownAccount;
import io.proxykeys.problem.Problem;
import io.proxykeys.problem.Refusal;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** The one exit for everything that goes wrong behind the router: the answer to the client, the cause to the log. */
class Failures {

    private static final Logger LOG = Logger.getLogger(Failures.class);

    private final Call call;

    @Inject
    Failures(Call call) {
        this.call = call;
    }

    @ServerExceptionMapper
    Response refused(Refusal refusal) {
        Throwable cause = refusal.getCause();
        if (refusal.problem().status() >= 500) {
            LOG.errorf(cause, "Request %s: %s", call.awsRequestId(), refusal.problem().title());
        } else if (cause != null) {
            LOG.infof("Request %s: %s: %s", call.awsRequestId(), refusal.problem().title(), cause.getMessage());
        }
        Response.ResponseBuilder response = Response.status(refusal.problem().status())
                .type(Problem.MEDIA_TYPE)
                .entity(refusal.problem());
        refusal.headers().forEach(response::header);
        return response.build();
    }

    /** Found out by the first statement; to the client it is a token that is good for nothing. */
    @ServerExceptionMapper
    Response unknownAccount(UnknownAccount unknown) {
        return refused(Refusal.invalidToken(unknown));
    }

    @ServerExceptionMapper
    Response failed(Throwable failure) {
        return refused(Refusal.internal(failure));
    }
}
