"""The one place where a condition becomes an HTTP answer."""

from chalicelib import errors

# The first class that fits decides, so the special stand before the general.
STATUS: tuple[tuple[type[errors.StatlineError], int, dict[str, str]], ...] = (
    (errors.BodyTooLarge, 413, {}),
    (errors.InvalidRequest, 400, {}),
    (errors.UnknownStatistic, 404, {}),
    (errors.JobNotFound, 404, {}),
    (errors.MetricsElsewhere, 404, {}),
    (errors.Draining, 503, {"Retry-After": "30"}),
    (errors.NoDataset, 503, {"Retry-After": "30"}),
    (errors.Unavailable, 503, {"Retry-After": "5"}),
    (errors.Overloaded, 503, {}),
)


def to_http(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Status, reason and headers for an exception; one that nobody foresaw tells a client nothing."""
    for kind, status, headers in STATUS:
        if isinstance(error, kind):
            return status, str(error), headers | waiting(error)
    return 500, "internal error; the server's log has the details under the trace in Statline-Trace", {}


def waiting(error: Exception) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if isinstance(error, errors.Overloaded) else {}
