"""The HTTP status, headers and problem type of each exception."""

from chalicelib import errors

# The first class that matches decides, so subclasses stand before their bases.
STATUS: tuple[tuple[type[errors.StatlineError], int, dict[str, str]], ...] = (
    (errors.BodyTooLarge, 413, {}),
    (errors.InvalidRequest, 400, {}),
    (errors.NotAcceptable, 406, {}),
    (errors.UnknownName, 400, {}),
    (errors.QuestionFailed, 400, {}),
    (errors.Dismissed, 410, {}),
    (errors.NoResult, 500, {}),
    (errors.KeyReused, 422, {}),
    (errors.KeyInUse, 409, {"Retry-After": "1"}),
    (errors.UnknownStatistic, 404, {}),
    (errors.ResultNotReady, 404, {"Cache-Control": "no-store"}),
    (errors.JobNotFound, 404, {}),
    (errors.NotFound, 404, {}),
    (errors.Draining, 503, {"Retry-After": "30"}),
    (errors.NoDataset, 503, {"Retry-After": "30"}),
    # Of the current data set only: a job whose own data set is gone fails.
    (errors.DatasetGone, 503, {"Retry-After": "30"}),
    (errors.Unavailable, 503, {"Retry-After": "5"}),
    (errors.Overloaded, 503, {}),
)

# The exception types of OGC API - Processes; for the rest, the codes that OGC's older services share.
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
PROBLEMS: dict[type[errors.StatlineError], str] = {
    errors.UnknownStatistic: EXCEPTIONS + "no-such-process",
    errors.JobNotFound: EXCEPTIONS + "no-such-job",
    errors.ResultNotReady: EXCEPTIONS + "result-not-ready",
    errors.InvalidRequest: "InvalidParameterValue",
    errors.UnknownName: "InvalidParameterValue",
    errors.QuestionFailed: "InvalidParameterValue",
}


def to_http(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Return status, reason and headers for an exception; of an unforeseen one the client learns nothing."""
    for kind, status, headers in STATUS:
        if isinstance(error, kind):
            return status, str(error), headers | retry_after(error)
    return 500, "internal error; the server's log has the details under the trace in Statline-Trace", {}


def problem_type(error: Exception) -> str:
    """Return the standard's name for an exception."""
    return next((name for kind, name in PROBLEMS.items() if isinstance(error, kind)), "NoApplicableCode")


def retry_after(error: Exception) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if isinstance(error, errors.Overloaded) else {}
