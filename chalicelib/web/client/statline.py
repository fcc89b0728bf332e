"""A client of Statline in one file. It needs Python alone, pandas for frames, and matplotlib for its plots.

    import statline

    s = statline.connect("http://127.0.0.1:8000")
    answer = s.ask("ranking", "Q036", years=2022)
    print(answer.statement)
    answer.to_frame()

A notebook shows an answer as a picture with its caveats. `save` writes that picture as SVG.
"""

import io
import json
import math
import textwrap
import time
import urllib.error
import urllib.request
import uuid
from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property
from html import escape
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

__version__ = "0.1.0"
__all__ = ["Answer", "Connection", "NoAnswer", "StatlineError", "Unreachable", "connect"]

PATIENCE = 60.0  # seconds of pauses in which a request to a busy or restarting service is repeated
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds before a repetition, where the service names none
WAIT = 15  # seconds that the service is asked to wait for the end of a job before it responds
TIMEOUT = 60.0  # seconds without a byte of the response
SEE_OTHER = 303
BUSY = (429, 502, 503, 504)
INVENTED = "Invented data"
MOST_SHOWN = 100  # figures of an answer in a notebook
MEAN_CAVEAT = "Unweighted mean of the selected published cells: no prevalence."
CONFLICT = 409  # with Retry-After: the first request with the same idempotency key is being handled


class StatlineError(Exception):
    """Raised when the service refuses a request. `status` is that of HTTP, where there is one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class NoAnswer(StatlineError):
    """Raised when the data cannot answer; of a name that does not exist it says which are closest."""


class Unreachable(StatlineError):
    """Raised when nothing answers at the address."""


class _Busy(Exception):
    """A request to repeat after so many seconds, and the error if there is no time left."""

    def __init__(self, error: StatlineError, seconds: float | None) -> None:
        super().__init__(str(error))
        self.error, self.seconds = error, seconds


class _Response(NamedTuple):
    headers: HTTPMessage
    text: str

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object in the body. Raises StatlineError."""
        try:
            document = json.loads(self.text)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise StatlineError(
                "the response is no JSON object: is the address Statline's, with its stage (…/v1)?"
            )
        return document


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows one redirect, that to the bucket where a large result lies, and sends no key there."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        _, _, status, _, _, address = arguments
        return urllib.request.Request(address) if status == SEE_OTHER else None


def connect(url: str, key: str | None = None, **options: Any) -> "Connection":
    """Return a connection to the service at `url`, of a deployed one with its stage (…/v1).

    `key` is for a service that requires one. Nothing is sent yet.
    """
    return Connection(url, key, **options)


class Connection:
    """A service, and what it is asked. Every method raises StatlineError.

    A request that the service is too busy for, or whose response is lost, is repeated: with an idempotency
    key, so that it makes one job. `patience` is how many seconds of pauses that may take.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the URL begins with http:// or https:// and a host")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("the URL names a service alone: no user, query or fragment")
        self.url = url.rstrip("/")
        self._key = (key or "").strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise ValueError("the key has a character that no HTTP header can carry")
        self._patience, self._sleep, self._connected = patience, sleep, False
        # What is on this machine is behind no proxy, whatever the environment names.
        is_local = parts.hostname in ("localhost", "::1") or parts.hostname.startswith("127.")
        proxies = [urllib.request.ProxyHandler({})] if is_local else []
        self._opener = urllib.request.build_opener(_Redirects(), *proxies)

    def __repr__(self) -> str:
        return f"statline.connect({self.url!r}{', key=…' if self._key else ''})"

    def ask(self, statistic: str, question: str, **inputs: Any) -> "Answer":
        """Ask a question, named by its id or text, wait for the answer, and return it. Raises NoAnswer.

        `inputs` are those of the statistic, such as years=2022, years=range(2015, 2020), state="Ohio".
        """
        given = {
            "question": question,
            **{name: _text(value) for name, value in inputs.items() if value is not None},
        }
        headers = {"Prefer": "respond-async", "Idempotency-Key": str(uuid.uuid4())}
        path = f"/processes/{quote(statistic, safe='')}/execution"
        job = self._ended(self._request("POST", path, {"inputs": given}, headers).json)
        return Answer(self, job, self._request("GET", f"{_path(job)}/results").json)

    def _ended(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait until a job has ended, and return its status document. Raises NoAnswer."""
        while job["status"] in ("accepted", "running"):
            job = self._request("GET", _path(job), headers={"Prefer": f"wait={WAIT}"}).json
        if job["status"] != "successful":
            raise NoAnswer(str(job["message"]))
        return job

    def questions(self) -> list[dict[str, Any]]:
        """Return the questions of the data set: id, text, years, and which end is best."""
        return list(self._request("GET", "/api/questions").json["questions"])

    def states(self) -> list[dict[str, Any]]:
        """Return the states of the data set: names and abbreviations."""
        return list(self._request("GET", "/api/states").json["states"])

    def statistics(self) -> list[dict[str, Any]]:
        """Return the statistics: name, title, description, required and optional fields."""
        return list(self.about()["statistics"])

    def about(self) -> dict[str, Any]:
        """Return what the service says of itself and of its data set."""
        return self._request("GET", "/").json

    def csv(self, job: Mapping[str, Any]) -> str:
        """Return the result of a job as CSV, texts as they are."""
        path = f"{_path(job)}/results?cells=exact"
        return self._request("GET", path, headers={"Accept": "text/csv"}).text

    def _request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> _Response:
        """Send a request; repeat it while the service is busy or restarts, as long as `patience` lasts."""
        left, pause = self._patience, FIRST_PAUSE
        while True:
            try:
                return self._send(method, path, body, headers or {})
            except _Busy as busy:
                seconds = pause if busy.seconds is None else busy.seconds
                if (left := left - seconds) < 0:
                    raise busy.error from None
            self._sleep(seconds)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _send(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> _Response:
        sent = {"Accept": "application/json", "User-Agent": f"statline.py/{__version__}", **headers}
        if self._key:
            sent["x-api-key"] = self._key
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, content, sent, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                self._connected = True
                return _Response(response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            self._connected = True
            with error:
                raise _refused(error) from None
        except (OSError, HTTPException) as error:
            cause = getattr(error, "reason", None) or error
            unreachable = Unreachable(f"nothing answers at {self.url}: {cause}")
            # A service that has answered before is being restarted, and comes back.
            raise (_Busy(unreachable, None) if self._connected else unreachable) from None


def _refused(error: urllib.error.HTTPError) -> Exception:
    """Return what to raise for a response of an error."""
    try:
        document = json.loads(error.read())
        reason = str(document.get("detail") or document.get("reason") or document["message"])
    except (OSError, HTTPException, ValueError, LookupError, AttributeError):
        reason = (
            f"{error.code} {error.reason}, and no JSON: is the address Statline's, with its stage (…/v1)?"
        )
    if error.code in (401, 403):
        reason += ' (connect(url, key="…") sends a key)'
    kind = NoAnswer if error.code == 400 else StatlineError
    refused, retry_after = kind(reason, error.code), error.headers.get("Retry-After")
    if error.code in BUSY or (error.code == CONFLICT and retry_after):
        return _Busy(refused, _seconds(retry_after))
    return refused


def _seconds(retry_after: str | None) -> float | None:
    """Return the seconds that Retry-After names, as a number or as a date; None where it names none."""
    try:
        return max(0.0, int(retry_after or ""))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after or "").timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _path(job: Mapping[str, Any]) -> str:
    return f"/jobs/{quote(str(job['jobID']), safe='')}"


def _text(value: Any) -> str:
    """Return an input as the service takes it: a list or range of years as "2015,2016"."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)


class Answer:
    """An answer: `data` is its JSON, `statement` the sentence to quote, `caveats` what it does not say."""

    def __init__(self, connection: Connection, job: dict[str, Any], data: dict[str, Any]) -> None:
        self._connection, self.data = connection, data
        self.job: str = job["jobID"]
        self.statistic: str = job["processID"]
        self.inputs: dict[str, str] = job["inputs"]
        self.dataset: str = job["dataset"]
        self._job = job

    def __repr__(self) -> str:
        return f"<statline.Answer {self.statistic} {self.inputs}: {self.statement}>"

    def __str__(self) -> str:
        return "\n".join([self.statement, *(f"- {text}" for text in self.caveats)])

    @property
    def url(self) -> str:
        """The address of the Explore page that shows this answer."""
        query = {"question": self.inputs["question"], "statistic": self.statistic, **self.inputs}
        return f"{self._connection.url}/explore?{urlencode(query)}"

    @property
    def statement(self) -> str:
        if self._is_estimate:
            return str(self.data["statement"])
        return f"{f'{INVENTED}. ' * self.synthetic}{self._mean['title']}: {self.question}"

    @property
    def question(self) -> str:
        return str(self._job.get("question") or self.inputs["question"])

    @property
    def caveats(self) -> list[str]:
        return [str(one["text"]) for one in self.data["caveats"]] if self._is_estimate else [MEAN_CAVEAT]

    @property
    def synthetic(self) -> bool:
        """Whether the data are invented."""
        return bool(self.provenance.get("synthetic"))

    @property
    def provenance(self) -> dict[str, Any]:
        """The data set and its citation; of a mean, whose JSON has no place for them, as the service says."""
        return dict(self.data["provenance"]) if self._is_estimate else self._mean["provenance"]

    @property
    def _is_estimate(self) -> bool:
        return isinstance(self.data.get("provenance"), dict)

    @cached_property
    def _mean(self) -> dict[str, Any]:
        """What the service says of a mean."""
        about = self._connection.about()
        entry = next(one for one in about["statistics"] if one["name"] == self.statistic)
        dataset = about["dataset"] if about["dataset"]["id"] == self.dataset else {}
        provenance = {**dataset, "dataset": self.dataset, "replay": self._job.get("replay")}
        return {"title": entry["title"], "provenance": provenance}

    @cached_property
    def csv(self) -> str:
        """The answer as CSV, as the service writes it."""
        return self._connection.csv(self._job)

    def to_frame(self) -> Any:
        """Return the answer as a pandas DataFrame, with its sentences in `attrs`."""
        import pandas as pd

        # A name such as "NA" is no missing value.
        frame = pd.read_csv(io.StringIO(self.csv), keep_default_na=False, na_values=[""])
        frame.attrs |= {"statement": self.statement, "caveats": self.caveats, "provenance": self.provenance}
        return frame

    def figures(self) -> list["Figure"]:
        """Return the numbers of the answer that have a place on an axis."""
        return figures(self.data)

    def notes(self) -> list[str]:
        """Return the lines below a picture: caveats, source, data set."""
        return [f"• {text}" for text in self.caveats] + origin(self.provenance)

    def svg(self, most: int | None = None) -> str:
        """Return a picture that stands alone: figures with their intervals, caveats and source.

        Of more than `most` figures it has the first ones, and says how many are left out.
        """
        subject, shown, gaps = (
            str(self.data.get("estimand") or self.question),
            self.figures(),
            missing(self.data),
        )
        if most is not None and len(shown) > most:
            gaps.insert(0, f"{len(shown) - most} more are in to_frame().")
        return svg(self.statement, subject, shown[:most], gaps, self.notes(), self.synthetic)

    def save(self, path: str | Path) -> None:
        """Write the picture as SVG."""
        Path(path).write_text(self.svg(), encoding="utf-8")

    def plot(self, ax: Any = None) -> Any:
        """Draw the figures with matplotlib and return its Axes; without it, return the SVG picture."""
        try:
            return _matplotlib(self, ax)
        except ModuleNotFoundError as error:
            if ax is not None or error.name != "matplotlib":
                raise
            return Picture(self.svg())

    def _repr_html_(self) -> str:
        return f'<div>{self.svg(MOST_SHOWN)}<p><a href="{escape(self.url)}">Explore this answer</a></p></div>'


class Picture(NamedTuple):
    """An SVG picture, which a notebook shows."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


class Figure(NamedTuple):
    """A number with its interval; without a value, it was published without one."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    presentable: bool = True
    rank: str = ""
    verdict: str = ""


# What a row measures, and its interval. The first that a row has is what the statistic is about.
MEASURES = (("slope", "interval_scaled"), ("difference", "interval"), ("estimate", "interval"))
LABELS = ("state", "category", "stratum", "year", "years")
FINEST = 1e-9  # of the figures: a smaller span is none
MISSING = {"suppressed": "published without a value", "absent": "no data", "left_out": "left out"}


def figures(data: Mapping[str, Any]) -> list[Figure]:
    """Return the figures of an answer's JSON, in its order."""
    if "provenance" not in data:
        return list(_means(data))
    rows = _rows(data)
    told = _telling(rows)
    return [figure for row in rows if (figure := _figure(row, told))]


def _rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of an answer: of a list, of members that are estimates, or the answer itself."""
    for name, value in data.items():
        if name != "caveats" and isinstance(value, list) and value and isinstance(value[0], dict):
            return value
    parts = {name: value for name, value in data.items() if isinstance(value, dict) and "estimate" in value}
    return [{"name": name.replace("_", " "), **value} for name, value in parts.items()] or [dict(data)]


def _telling(rows: list[dict[str, Any]]) -> list[str]:
    """Return the members that tell the rows apart. A number of years is none."""
    named = [name for name in LABELS if all(name in row for row in rows)]
    named = [name for name in named if name != "years" or isinstance(rows[0][name], list)]
    return [name for name in named if len({str(row[name]) for row in rows}) > 1] or named[:1]


def _figure(row: Mapping[str, Any], told: Iterable[str]) -> Figure | None:
    label = ", ".join(_span(row[name]) for name in told) or str(row.get("name", "estimate"))
    if row.get("suppressed") is True:
        return Figure(label, None)
    if "value" in row:
        value, interval = row["value"], (row["low"], row["high"])
    else:
        measure = next(
            ((one, ends) for one, ends in MEASURES if one in row and ends in row), ("estimate", "")
        )
        if measure[0] not in row:
            return None
        value, interval = row[measure[0]], row.get(measure[1]) or (None, None)
    reliability = row.get("reliability") or row
    ranks = f"{row['rank']} ({_span(row['joint_range'])})" if "rank" in row else ""
    presentable = reliability.get("presentable") is not False
    return Figure(label, value, *interval, presentable, ranks, str(row.get("verdict", "")))


def _span(value: Any) -> str:
    """Return a text; of a list of years or ranks its ends."""
    if not isinstance(value, list):
        return str(value)
    return str(value[0]) if value[:1] == value[-1:] else f"{value[0]}–{value[-1]}"


def _means(data: Mapping[str, Any]) -> Iterable[Figure]:
    """Yield the figures of a mean, whose keys are names, or tuples of names as Python writes them."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from (Figure(", ".join([name, *_names(key)]), one) for key, one in value.items())
        else:
            yield Figure(", ".join(_names(name)), value)


def _names(key: str) -> tuple[str, ...]:
    return literal_eval(key) if key.startswith("('") and key.endswith("')") else (key,)


def missing(data: Mapping[str, Any]) -> list[str]:
    """Return sentences that name what the answer has no figures of."""
    found = ((reason, data.get(name)) for name, reason in MISSING.items())
    return [
        f"{reason.capitalize()}: {', '.join(names)}."
        for reason, names in found
        if isinstance(names, list) and names
    ]


def origin(provenance: Mapping[str, Any]) -> list[str]:
    """Return the lines that say where the numbers come from."""
    source = provenance.get("citation") or provenance.get("source") or provenance.get("title")
    replay = f", replay {provenance['replay']}" if provenance.get("replay") else ""
    return [f"Source: {source}"] * bool(source) + [
        f"Data set {provenance['dataset'][:16]}{replay}. Statline."
    ]


def ticks(shown: Iterable[Figure]) -> list[float]:
    """Return round numbers, some five, from below the lowest end of the figures to above the highest."""
    ends = [end for one in shown for end in (one.value, one.low, one.high) if end is not None] or [0.0]
    low, high = min(ends), max(ends)
    low, high = (min(low, 0), max(high, 0)) if low < 0 else (low, high)
    span = high - low if high - low > FINEST * max(1.0, abs(low), abs(high)) else 1.0
    power = 10 ** math.floor(math.log10(span / 4))
    step = next(size * power for size in (1, 2, 5, 10) if span / (size * power) <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [float(f"{place * step:.12g}") for place in range(first, max(last, first + 1) + 1)]


def decimals(shown: Iterable[Figure]) -> int:
    """Return one decimal for published figures, one more for what was computed from them."""
    values = [one.value for one in shown if one.value is not None]
    return 1 if all(math.isclose(value, round(value, 1), abs_tol=1e-9) for value in values) else 2


WIDTH, MARGIN, ROW, CHARACTERS = 880, 24, 18, 118
LEFT, RIGHT = 330, 640  # between them the axis; before them the labels, behind them the numbers
INK, MARK, GRID, PAPER = "#1b1f24", "#225ea8", "#d0d4d9", "#ffffff"
UNRELIABLE = "! fails the presentation standard"


class _Drawing:
    """Lines of text and marks below each other, as SVG."""

    def __init__(self) -> None:
        self.y, self.parts = float(MARGIN), list[str]()

    def element(self, name: str, content: str = "", **attributes: Any) -> None:
        pairs = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
        self.parts.append(f"<{name}{pairs}>{content}</{name}>")

    def line(self, x1: float, x2: float, y1: float, y2: float, stroke: str, width: float = 1) -> None:
        self.element("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke=stroke, stroke_width=width)

    def text(self, x: float, content: str, anchor: str = "start", **attributes: Any) -> None:
        self.element("text", _xml(content), x=x, y=round(self.y, 1), text_anchor=anchor, **attributes)

    def write(self, content: str, size: int = 12, **attributes: Any) -> None:
        """Write a paragraph."""
        for line in textwrap.wrap(content, CHARACTERS * 12 // size):
            self.y += size * 1.45
            self.text(MARGIN, line, font_size=size, **attributes)

    def row(self, figure: Figure, place: Callable[[float], float], digits: int) -> None:
        self.y += ROW
        self.text(LEFT - 14, _shortened(figure.label, 34), "end", unicode_bidi="isolate")
        self.text(MARGIN, figure.rank)
        if figure.value is None:
            self.text(LEFT, MISSING["suppressed"], font_style="italic")
            return
        middle, x = self.y - 4, place(figure.value)
        if figure.low is not None and figure.high is not None:
            self.line(place(figure.low), place(figure.high), middle, middle, MARK, 1.5)
        if figure.presentable:
            self.element("circle", cx=x, cy=middle, r=3.5, fill=MARK)
        else:
            self.element("path", d=f"M{x} {middle - 5}l5 9h-10z", fill=PAPER, stroke=INK)
        self.text(RIGHT + 14, written(figure, digits))

    def axis(self, marks: list[float], place: Callable[[float], float], rows: int) -> None:
        self.y += 22
        top, end = self.y + 5, self.y + rows * ROW + 8
        for mark in marks:
            self.text(place(mark), f"{mark:g}", "middle", font_size=11)
            stroke = INK if mark == 0 and marks[0] < 0 else GRID
            self.line(place(mark), place(mark), top, end, stroke)


def written(figure: Figure, digits: int) -> str:
    """Return a figure in words: value, interval, verdict, and whether it may be presented."""
    if figure.value is None:
        return MISSING["suppressed"]
    text = f"{figure.value:.{digits}f}"
    if figure.low is not None and figure.high is not None:
        text += f" ({figure.low:.{digits}f} to {figure.high:.{digits}f})"
    return " ".join([text, *([figure.verdict] * bool(figure.verdict)), *(["!"] * (not figure.presentable))])


def svg(
    title: str, subject: str, shown: list[Figure], gaps: Iterable[str], notes: Iterable[str], invented: bool
) -> str:
    """Return a picture of figures: title, subject, rows on one axis, what is missing, and notes."""
    drawing, marks, digits = _Drawing(), ticks(shown), decimals(shown)

    def place(value: float) -> float:
        return round(LEFT + (value - marks[0]) / (marks[-1] - marks[0]) * (RIGHT - LEFT), 1)

    if invented:
        drawing.write(INVENTED, 20, font_weight=700)
    drawing.write(title.removeprefix(f"{INVENTED}. "), 16, font_weight=600)
    drawing.write(subject)
    if shown:
        drawing.axis(marks, place, len(shown))
        if shown[0].rank:
            drawing.text(MARGIN, "Rank (95 % joint)", font_size=11)
    for figure in shown:
        drawing.row(figure, place, digits)
    drawing.y += 14
    unreliable = sum(not figure.presentable for figure in shown)
    for line in [*([f"{UNRELIABLE} ({unreliable})"] * bool(unreliable)), *gaps, *notes]:
        drawing.write(line)
    height = math.ceil(drawing.y + MARGIN)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    font = 'font-family="system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font} fill="{INK}" role="img">'
    paper = f'<title>{_xml(title)}</title><rect width="{WIDTH}" height="{height}" fill="{PAPER}"></rect>'
    return "\n".join([head, paper, *drawing.parts, "</svg>\n"])


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _xml(text: str) -> str:
    """Return a text as XML has it, without the characters that XML cannot have."""
    return escape("".join(one if one.isprintable() else " " for one in text))


def _matplotlib(answer: Answer, ax: Any) -> Any:
    from matplotlib import pyplot

    shown = [figure for figure in answer.figures() if figure.value is not None]
    ax = ax or pyplot.subplots(figsize=(8, min(60, 1.5 + 0.22 * len(shown))))[1]
    for place, (_, value, low, high, presentable, *_) in enumerate(shown):
        if low is not None and high is not None:
            ax.plot([low, high], [place, place], color=MARK)
        ax.plot([value], [place], "o" if presentable else "^", color=MARK if presentable else INK)
    # Between two dollar signs matplotlib would set a formula.
    labels = [_shortened(figure.label, 34).replace("$", r"\$") for figure in shown]
    ax.set_yticks(range(len(shown)), labels)
    ax.invert_yaxis()
    ax.set_title("\n".join(textwrap.wrap(answer.statement, 80)).replace("$", r"\$"), fontsize=10, loc="left")
    notes = [*missing(answer.data), *answer.notes()]
    below = "\n".join(line for note in notes for line in textwrap.wrap(note, 100)).replace("$", r"\$")
    ax.annotate(below, (0, 0), (0, -24), "axes fraction", textcoords="offset points", va="top", fontsize=7)
    return ax
