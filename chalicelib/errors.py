"""The errors that Statline reports, as one small tree of exceptions.

Each message is written for the person who caused the error: it names the wrong value and a valid one.
`routes/errors.py` alone maps them to HTTP.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

# Characters. Survey questions have up to 250, and a client cannot use a name that is cut off.
LONGEST_ECHO = 500
FEW = 3  # of many names that could be meant


def shown(value: object) -> str:
    """Return the value as error messages quote it: in quotes, and cut off where it is too long."""
    # JSON strings may hold lone surrogates, which UTF-8 cannot encode.
    text = str(value).encode(errors="backslashreplace").decode()
    return f'"{text}"' if len(text) <= LONGEST_ECHO else f'"{text[:LONGEST_ECHO]}…"'


def listed(values: Iterable[object]) -> str:
    return ", ".join(shown(value) for value in values)


class StatlineError(Exception):
    """The root of the errors that have a message for the user."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what a copy is made of; Exception's own would call `__init__` with the message."""
        return restored, (type(self), self.args, vars(self))


def restored(kind: type[StatlineError], args: tuple[Any, ...], facts: dict[str, Any]) -> StatlineError:
    error = kind.__new__(kind, *args)
    vars(error).update(facts)
    return error


class InvalidSetting(StatlineError):
    """Raised when an environment variable has an invalid value."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value} is not {expected}")


class SystemLimit(StatlineError):
    """Raised when the system allows fewer threads or open files than the service needs."""


# --- refused requests: no job is made -------------------------------------------------------


class Refused(StatlineError):
    """The root of the errors that refuse a request; `kind` labels them in the metrics."""

    kind: ClassVar[str] = "invalid"


class InvalidRequest(Refused):
    """Raised when a request is malformed: its body, parameters or headers."""


class BadInput(InvalidRequest):
    """Raised when an optional input is none of the texts it takes; `code` is "bad-" and its name."""

    def __init__(self, name: str, text: str, expected: str) -> None:
        self.code = f"bad-{name}"
        super().__init__(f"{shown(name)} is {shown(text)}; it takes {expected}")


class BadYears(InvalidRequest):
    """Raised when the input `years` is no year, range or list of them."""

    code: ClassVar[str] = "bad-years"

    def __init__(self, text: str, why: str = "") -> None:
        because = f" ({why})" if why else ""
        super().__init__(
            f'"years" is {shown(text)}{because}; it takes a year (2022), a range (2011-2022), '
            'a list (2011,2015-2017), "latest" or "all"'
        )


class BodyTooLarge(Refused):
    """Raised when a request's body exceeds the size limit."""


class CrossSite(Refused):
    """Raised when a page of another site makes the browser send more than a plain read."""


class UnsupportedEncoding(Refused):
    """Raised when a request's body is compressed."""


class NotAcceptable(Refused):
    """Raised when a response has none of the media types that the client accepts."""

    def __init__(self, accepted: str, offered: Iterable[str]) -> None:
        super().__init__(f"there is no {shown(accepted)} of this; there is {listed(offered)}")


class UnknownStatistic(Refused):
    """Raised when there is no statistic of this name."""


class NotFound(StatlineError):
    """Raised when this process serves nothing at an address."""


class Draining(Refused):
    """Raised when the service drains: it finishes accepted jobs and accepts no new ones."""

    kind = "draining"

    def __init__(self) -> None:
        super().__init__("shutting down")


class Overloaded(Refused):
    """Raised when the limit on open jobs is reached; `retry_after` is in seconds."""

    kind = "overloaded"

    def __init__(self, open_jobs: int, limit: int, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            f"{open_jobs} jobs are open, and no more than {limit} may be; try again in {retry_after} s"
        )


class KeyReused(Refused):
    """Raised when an Idempotency-Key is reused with another request."""


class KeyInUse(Refused):
    """Raised when the first request with an Idempotency-Key is still being accepted."""


class NoDataset(Refused):
    """Raised when no data set is published yet."""

    kind = "no_dataset"

    def __init__(self) -> None:
        super().__init__("no data set is published yet; `python -m local publish` does it")


class Unavailable(StatlineError):
    """Raised when storage cannot be read or written now. The caller may repeat the request."""


class AwsUnavailable(Unavailable):
    """Raised when AWS cannot be reached or returns an error; `cause` is for operators only."""

    def __init__(self, cause: str) -> None:
        super().__init__("storage is not available at the moment; try again in a few seconds")
        self.cause = cause


class ResultLost(Unavailable):
    """Raised when a stored result is lost and cannot be computed again to the same bytes; `why` is logged."""

    def __init__(self, job_id: str, why: str) -> None:
        self.why = why
        super().__init__(f"the result of {job_id} cannot be read at the moment; submit the question again")


class JobNotFound(StatlineError):
    """Raised when there is no job of this id, or it has expired."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.detail = f"there is no job {shown(job_id)}; it may have expired or been removed"
        super().__init__("Invalid job_id")


class ResultNotReady(StatlineError):
    """Raised when the result of an open job is requested."""


class NoResult(StatlineError):
    """Raised when the result of a job that ended without one is requested."""


class Dismissed(NoResult):
    """Raised when the result of a dismissed job is requested."""


class QuestionFailed(NoResult):
    """Raised when the result of a job that its data set could not answer is requested."""


class CallbackFailed(StatlineError):
    """Raised when a callback failed; a retry may succeed."""


class CallbackRefused(CallbackFailed):
    """Raised for a callback URL whose address is never called, such as a private one."""


# --- questions that the data set cannot answer: the job fails --------------------------------


class Unanswerable(StatlineError):
    """The root of the errors that fail a job: its valid request has no result in its data set."""


class UnknownName(Unanswerable):
    """Raised when the data set has no question, or state, of this name; `noun` says which."""

    noun: ClassVar[str]

    def __init__(self, name: str, closest: Iterable[str], within: str = "this data set") -> None:
        self.name, self.closest = name, tuple(closest)
        super().__init__(f"no {self.noun} {shown(name)} in {within}; the closest: {listed(self.closest)}")


class UnknownQuestion(UnknownName):
    noun = "question"


class AmbiguousQuestion(UnknownQuestion):
    """Raised when several questions of the data set have the same id."""

    def __init__(self, name: str, texts: Sequence[str]) -> None:
        names = listed(texts[:FEW]) + (", …" if len(texts) > FEW else "")
        # Not UnknownName's own sentence: there is such an id.
        Exception.__init__(
            self, f"{shown(name)} is the id of {len(texts)} questions; name one by its text: {names}"
        )


class UnknownState(UnknownName):
    noun = "state"


class UnknownCategory(UnknownName):
    noun = "category"
    code: ClassVar[str] = "unknown-category"


class UnknownStratum(UnknownName):
    """Raised when no category, or not the named one, has a stratum of this name."""

    noun = "stratum"
    code: ClassVar[str] = "unknown-stratum"


class AmbiguousStratum(Unanswerable):
    """Raised when several categories have a stratum and the request names none of them."""

    code: ClassVar[str] = "ambiguous-stratum"

    def __init__(self, stratum: str, categories: Iterable[str]) -> None:
        super().__init__(
            f'several categories have a stratum {shown(stratum)}: name one as "category"; '
            f"there are {listed(categories)}"
        )


class MissingRole(Unanswerable):
    """Raised when a statistic needs a fact that the data set's description does not give."""

    code: ClassVar[str] = "missing-role"

    def __init__(self, role: str, is_column: bool) -> None:
        why = (
            f"its description names no column as {shown(role)}, or its file lacks that column"
            if is_column
            else f"its description lacks {shown(role)}"
        )
        super().__init__(f"the data set cannot answer this: {why}")


class OutdatedSnapshot(Unanswerable):
    """Raised when a snapshot of before lacks the years and published measures that a statistic needs."""

    code: ClassVar[str] = "publish-again"

    def __init__(self) -> None:
        super().__init__(
            "this data set was published before Statline kept years, limits and sample sizes: "
            "publish it again (`python -m local publish`), then ask again"
        )


class NoUsableRows(Unanswerable):
    """Raised when the data set has the question (and the state) but no values for them.

    `where` says which of the rows were selected.
    """

    def __init__(
        self, question: str, state: str | None = None, closest: Iterable[str] = (), where: str = ""
    ) -> None:
        about = f"no usable rows for question {shown(question)}"
        if state is not None:
            about += f" and state {shown(state)}"
        about += where and f" with {where}"
        near = listed(closest)
        super().__init__(f"{about}; the closest with rows: {near}" if near else about)


class InvalidInput(Unanswerable):
    """Raised for an input that only the data set can tell to be none of those that a statistic takes."""


class BestEndUnknown(Unanswerable):
    """Raised when the description does not say whether a low or a high mean is best for a question."""


class Suppressed(Unanswerable):
    """Raised when every selected cell was published without a value."""

    code: ClassVar[str] = "suppressed"


class NoRows(Unanswerable):
    """Raised when a selection has no published cell at all."""

    code: ClassVar[str] = "no-rows"


class AmbiguousCell(Unanswerable):
    """Raised when several rows make one selected cell, so that none of them is its published value."""

    code: ClassVar[str] = "ambiguous-cell"


class NoStandardError(Unanswerable):
    """Raised when a test needs the standard error of a cell whose limits give none."""

    code: ClassVar[str] = "no-standard-error"


class NoSampleSize(Unanswerable):
    """Raised when weights need the sample size of a cell that was published without one."""

    code: ClassVar[str] = "no-sample-size"


class NeedsInput(Unanswerable):
    """Raised when a selection needs one more input; `code` is "needs-" and its name."""

    def __init__(self, name: str, why: str) -> None:
        self.code = f"needs-{name}"
        super().__init__(why)


class NotIndependent(Unanswerable):
    """Raised when the same respondents are on both sides of a comparison."""

    code: ClassVar[str] = "not-independent"


class TooFewYears(Unanswerable):
    """Raised when a trend has fewer years than a line can be judged by."""

    code: ClassVar[str] = "too-few-years"


class OneYear(Unanswerable):
    """Raised when a statistic about one year is asked for several."""

    code: ClassVar[str] = "one-year"


class NoNational(Unanswerable):
    """Raised when no value of the nation is published for a selection."""

    code: ClassVar[str] = "no-national"


class NoReference(Unanswerable):
    """Raised when no group, or not the named one, can be the reference of a comparison."""

    code: ClassVar[str] = "no-reference"


class TooMany(Unanswerable):
    """Raised when a result would have more rows than one answer holds."""

    code: ClassVar[str] = "too-many"


class RuleNotApplicable(Unanswerable):
    """Raised when a presentation standard is named that the data set's values cannot be judged by."""

    code: ClassVar[str] = "bad-rule"


class NotProportions(Unanswerable):
    """Raised when a statistic needs percentages or proportions and the data set has other values."""

    code: ClassVar[str] = "not-proportions"


class DatasetGone(Unanswerable):
    """Raised when a job's data set is no longer stored."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(f"the data set {fingerprint} that this job was accepted under is no longer stored")


class Abandoned(Unanswerable):
    """Raised for a job that is failed because no attempt could process it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"could not be processed: {why}")


# --- unusable data sets ----------------------------------------------------------------------


class DatasetError(StatlineError):
    """Raised for what is no data set: no such file, another encoding, a row of another width."""


class NotCsv(DatasetError):
    """Raised when a file is not comma-separated text (a web page, an archive, a picture)."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} is not a CSV file: {why}")


class EmptyDataset(DatasetError):
    """Raised when no row of a data set has a question and a value."""

    def __init__(self, path: object, why: str = "is empty: a header and at least one row are needed") -> None:
        super().__init__(f"{path} {why}")


class MissingColumns(DatasetError):
    """Raised when the header lacks columns that the description names."""


class InvalidValue(DatasetError):
    """Raised when a value, or the alias that replaces it, is not what its column holds, such as a number."""

    def __init__(
        self,
        path: object,
        place: str,
        column: str,
        value: str,
        read_as: str,
        expected: str = "a number",
        remedy: str = "",
    ) -> None:
        alias = "" if read_as == value else f", read as {shown(read_as)},"
        wrong = f"{shown(value)}{alias} is not {expected}"
        super().__init__(f"{path}, {place}, column {shown(column)}: {wrong}{remedy}")


class DifferentYears(DatasetError):
    """Raised when the two columns of a row's year differ: a row is of one year."""

    def __init__(self, path: object, place: str, columns: Iterable[str], years: Iterable[str]) -> None:
        super().__init__(f"{path}, {place}: the columns {listed(columns)} differ: {listed(years)}")


class InvalidDescription(DatasetError):
    """Raised when the description beside a data set is invalid."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} does not describe a data set: {why}")


class DamagedSnapshot(DatasetError):
    """Raised when a snapshot is damaged, or of another version."""
