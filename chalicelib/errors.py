"""Every condition that Statline reports, one small tree.

Each message is written for the person who caused it: what was wrong, with the value, and what
would be right. `routes/errors.py` alone turns them into HTTP.
"""

from collections.abc import Iterable
from typing import ClassVar

# Survey questions run to 250 characters, and a name that is cut off cannot be asked for.
LONGEST_ECHO = 500


def shown(value: object) -> str:
    """The value as a message quotes it: in quotes, never longer than a person will read."""
    # JSON can ask with half a character, which no answer or log could then be encoded with.
    text = str(value).encode(errors="backslashreplace").decode()
    return f'"{text}"' if len(text) <= LONGEST_ECHO else f'"{text[:LONGEST_ECHO]}…"'


def listed(values: Iterable[object]) -> str:
    return ", ".join(shown(value) for value in values)


class StatlineError(Exception):
    """The root: anything Statline can explain to a person."""


class InvalidSetting(StatlineError):
    """Raised when an environment variable has a value that its setting cannot take."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value} is not {expected}")


# --- a request that is refused: no job is made ---------------------------------------------


class Refused(StatlineError):
    """The root of these; `kind` is one word for it."""

    kind: ClassVar[str] = "invalid"


class InvalidRequest(Refused):
    """Raised when the body is not a JSON object with the fields that the statistic takes."""


class BodyTooLarge(Refused):
    """Raised when a request's body is longer than any question needs."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"the body has {size} bytes; at most {limit} are taken")


class NotAcceptable(Refused):
    """Raised when an answer exists in none of the forms that the client takes."""

    def __init__(self, accepted: str, offered: Iterable[str]) -> None:
        super().__init__(f"there is no {shown(accepted)} of this; there is {listed(offered)}")


class UnknownStatistic(Refused):
    """Raised when no statistic has the name asked for."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no statistic {shown(name)}; there are {', '.join(known)}")


class UnknownFile(StatlineError):
    """Raised when the interactive page has no file of the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"/docs has no file {shown(name)}")


class Draining(Refused):
    """Raised when the service finishes what it accepted and takes nothing new."""

    kind = "draining"

    def __init__(self) -> None:
        super().__init__("shutting down")


class Overloaded(Refused):
    """Raised when as many jobs are open as may be; `retry_after` is in seconds."""

    kind = "overloaded"

    def __init__(self, open_jobs: int, limit: int, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            f"{open_jobs} jobs are open, and no more than {limit} may be; try again in {retry_after} s"
        )


class KeyReused(Refused):
    """Raised when an Idempotency-Key comes again with another request."""


class KeyInUse(Refused):
    """Raised when the first request with an Idempotency-Key is still being accepted."""


class NoDataset(Refused):
    """Raised when no data set is published yet, so that nothing can be asked."""

    kind = "no_dataset"

    def __init__(self) -> None:
        super().__init__("no data set is published yet; `python -m local publish` does it")


class Unavailable(StatlineError):
    """Raised when storage cannot be read or written now; nothing was changed that the caller was told of."""


class AwsUnavailable(Unavailable):
    """Raised when AWS cannot be reached or refuses to work; `cause` is for the operator alone."""

    def __init__(self, cause: str) -> None:
        super().__init__("storage is not available at the moment; try again in a few seconds")
        self.cause = cause


class MetricsElsewhere(StatlineError):
    """Raised when a function is asked for metrics, of which it would know only its own share."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"the metrics of all functions are in CloudWatch, namespace {namespace}")


class JobNotFound(StatlineError):
    """Raised when no job has the id, or its result has expired."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.detail = f"there is no job {shown(job_id)}; it may have expired or been removed"
        super().__init__("Invalid job_id")


class ResultNotReady(StatlineError):
    """Raised when a job's result is asked for before it ended."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"{job_id} has not ended yet; its status tells when it has")


class NoResult(StatlineError):
    """Raised when a job ended without a result, for the reason given."""


class Dismissed(NoResult):
    """Raised when a job ended without a result because a client wanted none."""


class QuestionFailed(NoResult):
    """Raised when the data could not answer a job's question."""


class CallbackFailed(StatlineError):
    """Raised when a subscriber could not be told; trying again may help."""


class CallbackRefused(CallbackFailed):
    """Raised instead of a post to an address that nothing is posted to."""


# --- a question that the data cannot answer: the job ends as failed ------------------------


class Unanswerable(StatlineError):
    """Raised when a well-formed question has no answer in its data set."""


class UnknownQuestion(Unanswerable):
    """Raised when the data set does not have the question."""

    def __init__(self, question: str, closest: Iterable[str]) -> None:
        super().__init__(f"no question {shown(question)} in this data set; the closest: {listed(closest)}")


class UnknownState(Unanswerable):
    """Raised when the data set does not have the state."""

    def __init__(self, state: str, closest: Iterable[str]) -> None:
        super().__init__(f"no state {shown(state)} in this data set; the closest: {listed(closest)}")


class NoUsableRows(Unanswerable):
    """Raised when the data set knows the question (and the state) but has no value to average."""

    def __init__(self, question: str, state: str | None = None, closest: Iterable[str] = ()) -> None:
        about = f"no usable rows for question {shown(question)}"
        if state is not None:
            about += f" and state {shown(state)}"
        near = listed(closest)
        super().__init__(f"{about}; the closest with rows: {near}" if near else about)


class BestEndUnknown(Unanswerable):
    """Raised when the data set's description does not say which end is best for a question."""

    def __init__(self, question: str) -> None:
        super().__init__(
            f"the data set does not say whether a low or a high mean is best for {shown(question)}"
        )


class DatasetGone(Unanswerable):
    """Raised when a job's data set is stored nowhere any more."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(f"the data set {fingerprint} that this job was accepted under is no longer stored")


class Abandoned(Unanswerable):
    """Raised for a job that is ended because it could not be processed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"could not be processed: {why}")


# --- data that cannot be used ---------------------------------------------------------------


class DatasetError(StatlineError):
    """Raised when a data set cannot be read."""


class DatasetNotFound(DatasetError):
    """Raised when there is no file at the path."""

    def __init__(self, path: object) -> None:
        super().__init__(f"no data set at {path}: no such file")


class NotCsv(DatasetError):
    """Raised when a file is not comma-separated text (a web page, an archive, a picture)."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} is not a CSV file: {why}")


class WrongEncoding(DatasetError):
    """Raised when a file is not UTF-8."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} is not UTF-8 text ({why}); save it as UTF-8")


class EmptyDataset(DatasetError):
    """Raised when a file has no bytes, or a header and nothing under it."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} is empty: a header and at least one row are needed")


class MissingColumns(DatasetError):
    """Raised when columns that the description names are not in the header."""

    def __init__(self, path: object, missing: Iterable[str], found: Iterable[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(
            f"{path} lacks the columns {listed(self.missing)}; it has {listed(found)}. "
            "A description beside the file can name other columns."
        )


class RaggedRow(DatasetError):
    """Raised when a row has not as many fields as the header."""

    def __init__(self, path: object, line: int, fields: int, width: int) -> None:
        super().__init__(f"{path}, line {line}: {fields} fields, where the header has {width}")


class NoRowsInDataset(DatasetError):
    """Raised when no row of a data set has a question and a value."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} has no usable row: every value is empty")


class InvalidValue(DatasetError):
    """Raised when a value, or what its alias reads it as, is no finite decimal number."""

    def __init__(self, path: object, place: str, column: str, value: str, read_as: str | None = None) -> None:
        alias = "" if read_as in (None, value) else f", read as {shown(read_as)},"
        super().__init__(f"{path}, {place}, column {shown(column)}: {shown(value)}{alias} is not a number")


class InvalidDescription(DatasetError):
    """Raised when the description beside a data set is not what it should be."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} does not describe a data set: {why}")


class SnapshotNotFound(DatasetError):
    """Raised when no snapshot is stored under a fingerprint."""


class DamagedSnapshot(DatasetError):
    """Raised when a snapshot's bytes are not those that were saved."""
