"""The HTTP status, headers and problem type of each exception."""

from chalicelib import errors

# The first match decides: NoResult stands after its subclasses.
STATUS: dict[int, tuple[type[errors.StatlineError], ...]] = {
    400: (errors.InvalidRequest, errors.UnknownName, errors.QuestionFailed),
    403: (errors.CrossSite,),
    404: (errors.UnknownStatistic, errors.ResultNotReady, errors.JobNotFound, errors.NotFound),
    406: (errors.NotAcceptable,),
    409: (errors.KeyInUse,),
    410: (errors.Dismissed,),
    413: (errors.BodyTooLarge,),
    415: (errors.UnsupportedEncoding,),
    422: (errors.KeyReused,),
    # DatasetGone is of the current data set only: a job whose own data set is gone fails.
    503: (errors.Draining, errors.NoDataset, errors.DatasetGone, errors.Unavailable, errors.Overloaded),
    500: (errors.NoResult,),
}
RETRY_AFTER = {
    errors.KeyInUse: 1,
    errors.Draining: 30,
    errors.NoDataset: 30,
    errors.DatasetGone: 30,
    errors.Unavailable: 5,
    errors.AwsUnavailable: 5,
    errors.ResultLost: 5,
}

HEADERS: dict[type[Exception], dict[str, str]] = {
    errors.ResultNotReady: {"Cache-Control": "no-store"},
    errors.UnsupportedEncoding: {"Accept-Encoding": "identity"},
}

# The exception types of OGC API - Processes; for the rest, the codes that OGC's older services share.
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
PROBLEMS = {
    errors.UnknownStatistic: EXCEPTIONS + "no-such-process",
    errors.JobNotFound: EXCEPTIONS + "no-such-job",
    errors.ResultNotReady: EXCEPTIONS + "result-not-ready",
    **dict.fromkeys(STATUS[400], "InvalidParameterValue"),
}


def to_http(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Return status, reason and headers for an exception; of an unforeseen one the client learns nothing."""
    headers = dict(HEADERS.get(type(error), {}))
    if seconds := getattr(error, "retry_after", RETRY_AFTER.get(type(error))):
        headers["Retry-After"] = str(seconds)
    for status, kinds in STATUS.items():
        if isinstance(error, kinds):
            return status, str(error), headers
    return 500, "internal error; the server's log has the details under the trace in Statline-Trace", {}


def problem_type(error: Exception) -> str:
    """Return the standard's name for an exception."""
    return next((name for kind, name in PROBLEMS.items() if isinstance(error, kind)), "NoApplicableCode")
