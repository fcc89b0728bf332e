"""The Python client: with the real service, with one that is busy or gone, and what it draws."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.web.client import FILE, statline
from chalicelib.web.client.statline import Connection, Figure, NoAnswer, StatlineError, Unreachable
from local.settings import SAMPLE
from tests.support.processes import free_port, python_m_local
from tests.support.scripted_server import Response, ScriptedServer
from tests.support.surveys import write_survey

KEY = "secret-0123456789"
SVG = "{http://www.w3.org/2000/svg}"
JOB: dict[str, Any] = {
    "jobID": "job_id_7",
    "processID": "estimate",
    "status": "successful",
    "message": "computed",
    "inputs": {"question": "Q1"},
    "dataset": "d" * 64,
}
DATA = {"estimate": 1.5, "statement": "1.5 %.", "caveats": [], "provenance": {"dataset": "d" * 64}}
# Inputs that each statistic needs, on the sample.
NEEDED = {"state": "Ohio", "category": "Income"}
MORE = {"compare": {"versus_state": "Texas"}}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the bundled sample, which is invented."""
    home = tmp_path_factory.mktemp("home")
    with python_m_local(home, STATLINE_DATASET=str(SAMPLE), STATLINE_REPLICA="no") as server:
        yield server.url


def found(content: object, status: int = 200, **headers: str) -> Response:
    return status, headers, json.dumps(content).encode()


@contextmanager
def scripted(
    *responses: Response, **options: Any
) -> Iterator[tuple[ScriptedServer, Connection, list[float]]]:
    """Yield a scripted server, a connection to it that does not sleep, and the pauses that it would make."""
    server, sleeps = ScriptedServer(*responses), list[float]()
    with server.serving() as url:
        yield server, statline.connect(url, KEY, sleep=sleeps.append, **options), sleeps


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def words(svg: str) -> str:
    return " ".join(" ".join(drawn(svg).itertext()).split())


@pytest.mark.parametrize("name", STATISTICS)
def test_every_statistic_gives_json_table_and_picture(sample: str, name: str) -> None:
    needed = {field: NEEDED[field] for field in STATISTICS[name].parameters if field != "question"}
    answer = statline.connect(sample).ask(name, "Q036", **needed, **MORE.get(name, {}))
    asked = {"question": "Q036", **needed, **MORE.get(name, {})}

    assert answer.data == requests.get(f"{sample}/answers/{name}.json", params=asked, timeout=10).json()
    assert len(answer.to_frame()) >= 1
    assert answer.figures()
    picture = words(answer.svg())
    for text in ("Invented data", *answer.caveats, answer.dataset[:16]):
        assert " ".join(text.split()) in picture


def test_frame_is_the_table_of_the_service_with_its_sentences(sample: str) -> None:
    answer = statline.connect(sample).ask("ranking", "Q036", years=2022)
    frame = answer.to_frame()

    assert list(frame["state"]) == [row["state"] for row in answer.data["ranking"]]
    assert list(frame["interval.low"]) == [row["interval"][0] for row in answer.data["ranking"]]
    assert frame["presentable"].all()
    assert frame.attrs["statement"] == answer.statement
    assert frame.attrs["provenance"]["synthetic"] is True


@pytest.mark.parametrize(
    ("years", "sent"),
    [(2015, "2015"), (range(2015, 2018), "2015,2016,2017"), ([2015, "2017-2019"], "2015,2017-2019")],
)
def test_years_are_a_number_a_range_or_a_list(sample: str, years: object, sent: str) -> None:
    assert statline.connect(sample).ask("estimate", "Q036", years=years).inputs["years"] == sent


def test_link_of_an_answer_opens_explore_with_its_inputs(sample: str) -> None:
    answer = statline.connect(sample, KEY).ask("ranking", "Q036", years=2022, state="Ohio")
    query = parse_qs(urlsplit(answer.url).query)

    assert query == {"question": ["Q036"], "statistic": ["ranking"], "years": ["2022"], "state": ["Ohio"]}
    assert requests.get(answer.url, headers={"Accept": "text/html"}, timeout=10).status_code == 200


def test_lists_name_questions_states_and_statistics(sample: str) -> None:
    service = statline.connect(sample + "/")
    assert "Q036" in [question["id"] for question in service.questions()]
    assert "Ohio" in [state["name"] for state in service.states()]
    assert [entry["name"] for entry in service.statistics()] == list(STATISTICS)


@pytest.mark.parametrize(
    ("statistic", "question", "inputs", "said"),
    [
        ("estimate", "Q036", {"state": "Ohoi"}, '"Ohio"'),
        ("estimate", "Q03", {}, '"Q036"'),
        ("ranking", "Q036", {"year": 2022}, '"years"'),
        ("rankin", "Q036", {}, "ranking"),
    ],
)
def test_unknown_name_raises_and_says_the_closest(
    sample: str, statistic: str, question: str, inputs: dict[str, object], said: str
) -> None:
    with pytest.raises(StatlineError, match=said):
        statline.connect(sample).ask(statistic, question, **inputs)


def test_mean_is_labelled_and_says_that_its_data_are_invented(sample: str) -> None:
    answer = statline.connect(sample).ask("best5", "Q036", years=2022)
    assert answer.statement.startswith("Invented data. ")
    assert answer.caveats == ["Unweighted mean of the selected published cells: no prevalence."]
    assert answer.provenance["source"].startswith("invented")


def test_job_is_waited_for_with_one_key_and_its_result_read() -> None:
    accepted, running = JOB | {"status": "accepted"}, JOB | {"status": "running"}
    with scripted(found(accepted, 201), found(running), found(JOB), found(DATA)) as (server, service, sleeps):
        assert service.ask("estimate", "Q1", years=2022).data == DATA

    assert [path for _, path, _ in server.requests] == [
        "/processes/estimate/execution", "/jobs/job_id_7", "/jobs/job_id_7", "/jobs/job_id_7/results"
    ]  # fmt: skip
    assert json.loads(server.requests[0][2]) == {"inputs": {"question": "Q1", "years": "2022"}}
    assert [headers.get("prefer") for headers in server.headers] == [
        "respond-async",
        "wait=15",
        "wait=15",
        None,
    ]
    assert {headers["x-api-key"] for headers in server.headers} == {KEY}
    assert sleeps == []


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"),
    [(503, {"Retry-After": "7"}, 7.0), (429, {}, 0.1), (504, {}, 0.1), (409, {"Retry-After": "1"}, 1.0)],
)
def test_busy_service_is_asked_again_with_the_same_key(
    status: int, retry_after: dict[str, str], pause: float
) -> None:
    busy = found({"detail": "shutting down"}, status, **retry_after)
    with scripted(busy, found(JOB, 201), found(DATA)) as (server, service, sleeps):
        service.ask("estimate", "Q1")

    assert sleeps == [pause]
    first, second = server.headers[:2]
    assert first["idempotency-key"] == second["idempotency-key"]
    assert server.requests[0] == server.requests[1]


def test_two_questions_have_two_keys() -> None:
    with scripted(*[found(JOB, 201), found(DATA)] * 2) as (server, service, _):
        service.ask("estimate", "Q1")
        service.ask("estimate", "Q1")
    assert server.headers[0]["idempotency-key"] != server.headers[2]["idempotency-key"]


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    busy = found({"detail": "busy"}, 503, **{"Retry-After": date})
    with scripted(busy, found(JOB, 201), found(DATA)) as (_, service, sleeps):
        service.ask("estimate", "Q1")
    assert 10 < sleeps[0] <= 20


def test_patience_ends_with_the_reason_of_the_service() -> None:
    busy = found({"detail": "shutting down"}, 503, **{"Retry-After": "30"})
    refused = pytest.raises(StatlineError, match="shutting down")
    with scripted(busy, busy, busy, patience=60) as (_, service, sleeps), refused as caught:
        service.ask("estimate", "Q1")
    assert (caught.value.status, sleeps) == (503, [30.0, 30.0])


@pytest.mark.parametrize(
    "lost", [(0, {}, b""), (200, {"Content-Length": "99"}, b"{")], ids=["none", "cut off"]
)
def test_lost_response_is_asked_for_again(lost: Response) -> None:
    with scripted(found(JOB | {"status": "running"}, 201), lost, found(JOB), found(DATA)) as (
        _,
        service,
        sleeps,
    ):
        assert service.ask("estimate", "Q1").data == DATA
    assert len(sleeps) == 1


def test_address_without_a_service_fails_at_once() -> None:
    sleeps = list[float]()
    with pytest.raises(Unreachable, match="nothing answers at http"):
        statline.connect(f"http://127.0.0.1:{free_port()}", sleep=sleeps.append).ask("estimate", "Q1")
    assert sleeps == []


@pytest.mark.parametrize("status", ["failed", "dismissed"])
def test_job_without_a_result_raises_its_message(status: str) -> None:
    job = JOB | {"status": status, "message": "Florida 2021: published without a value"}
    with scripted(found(job, 201)) as (_, service, _), pytest.raises(NoAnswer, match="published without"):
        service.ask("estimate", "Q1")


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ((200, {}, b"<html>"), "is the address Statline's"),
        ((404, {}, b"not found"), "is the address Statline's"),
        (found({"message": "Forbidden"}, 403), 'connect\\(url, key="…"\\)'),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "302"),
    ],
)
def test_other_responses_raise_and_are_not_followed(response: Response, said: str) -> None:
    with scripted(response) as (server, service, _), pytest.raises(StatlineError, match=said) as caught:
        service.questions()
    assert len(server.requests) == 1
    assert KEY not in str(caught.value)


def test_large_result_is_read_where_it_lies_without_the_key() -> None:
    bucket = ScriptedServer(found(DATA))
    with (
        bucket.serving() as link,
        scripted(found(JOB, 201), (303, {"Location": f"{link}/object"}, b"")) as asked,
    ):
        assert asked[1].ask("estimate", "Q1").data == DATA
    assert bucket.requests[0][:2] == ("GET", "/object")
    assert "x-api-key" not in bucket.headers[0]


def test_key_is_in_no_address_and_no_text(sample: str) -> None:
    service = statline.connect(sample, KEY)
    answer = service.ask("estimate", "Q036")
    for text in (repr(service), repr(answer), str(answer), answer.url, answer.svg(), answer._repr_html_()):
        assert KEY not in text


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://example.org",
        "http://",
        "http://me:secret@example.org",
        "http://a/?key=secret",
    ],
)
def test_url_that_is_no_service_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        statline.connect(url)
    assert "secret" not in str(caught.value)


def test_key_that_no_header_can_carry_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="no HTTP header") as caught:
        statline.connect("http://127.0.0.1", "secret\nHost: other")
    assert "secret" not in str(caught.value)


def test_service_on_this_machine_is_behind_no_proxy(sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert statline.connect(sample).questions()


def test_names_of_any_kind_and_gaps_are_in_frame_and_picture(tmp_path: Path) -> None:
    names = {"<script>alert(1)</script>": "X1", "NA": "X2", "الجزائر": "X3", "Y" * 200: "X4", "=1+1": "X5"}
    path = write_survey(tmp_path, names, [12.0, 13.0, 14.0, 15.0, None], years=(2021,))
    with python_m_local(tmp_path, STATLINE_DATASET=str(path), STATLINE_REPLICA="no") as server:
        answer = statline.connect(server.url).ask("cells", "Q1", years=2021)
        frame = answer.to_frame()

    assert set(frame["state"]) == set(names)
    picture = words(answer.svg())
    for shown in ("<script>alert(1)</script>", "NA", "الجزائر", "Y" * 33 + "…", "published without a value"):
        assert shown in picture
    assert "<script" not in answer._repr_html_()
    assert [figure.value for figure in answer.figures() if figure.label == "=1+1"] == [None]


def test_notebook_shows_the_first_of_many_figures_and_says_how_many_more(sample: str) -> None:
    answer = statline.connect(sample).ask("cells", "Q036", years=2022)
    rows, shown = len(answer.data["rows"]), answer._repr_html_()

    assert f"{rows - 100} more are in to_frame()." in shown
    assert shown.count('text-anchor="end"') == 100
    assert words(answer.svg()).count("published without a value") >= answer.data["suppressed"]


def test_value_that_fails_the_standard_has_a_mark_of_its_own_and_is_counted() -> None:
    shown = [Figure("a", 20.0, 10.0, 30.0), Figure("b", 25.0, 1.0, 70.0, presentable=False)]
    picture = statline.svg("Title", "Subject", shown, [], [], invented=False)

    assert len(drawn(picture).findall(f"{SVG}circle")) == 1
    assert len(drawn(picture).findall(f"{SVG}path")) == 1
    assert "! fails the presentation standard (1)" in words(picture)
    assert "Invented" not in picture


values = st.floats(-1e6, 1e6) | st.none()
figures = st.builds(Figure, st.text(), values, values, values, st.booleans(), st.text(), st.text())


@given(st.lists(figures, max_size=20), st.text(), st.text())
def test_any_figures_make_a_picture_within_its_width(shown: list[Figure], title: str, note: str) -> None:
    root = drawn(statline.svg(title, title, shown, [note], [note], invented=True))
    ends = [float(line.get(end, "")) for line in root.iter(f"{SVG}line") for end in ("x1", "x2")]
    assert all(0 <= end <= statline.WIDTH for end in ends)
    assert sum(1 for _ in root.iter(f"{SVG}circle")) <= len(shown)


@given(st.lists(figures, min_size=1, max_size=20))
def test_ticks_enclose_every_end_with_round_steps(shown: list[Figure]) -> None:
    marks = statline.ticks(shown)
    ends = [end for one in shown for end in (one.value, one.low, one.high) if end is not None]
    assert 2 <= len(marks) <= 8
    assert not ends or (marks[0] <= min(ends) + 1e-6 and max(ends) - 1e-6 <= marks[-1])


def test_plot_without_matplotlib_is_the_svg_picture(sample: str) -> None:
    """In a process that cannot import matplotlib."""
    program = f"""
import sys
sys.modules["matplotlib"] = None
import statline
answer = statline.connect({sample!r}).ask("ranking", "Q036")
assert answer.plot()._repr_svg_() == answer.svg()
"""
    subprocess.run([sys.executable, "-c", program], cwd=FILE.parent, check=True, timeout=60)


def test_plot_draws_every_figure_with_matplotlib(sample: str) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not here (make bench installs it)").use("Agg")
    answer = statline.connect(sample).ask("disparity", "Q036", state="Ohio", category="Income")
    axes = answer.plot()

    assert [label.get_text() for label in axes.get_yticklabels()] == [
        figure.label.replace("$", r"\$") for figure in answer.figures()
    ]
    axes.figure.savefig(io.BytesIO())


def test_client_needs_the_standard_library_alone() -> None:
    program = "import sys, statline; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(FILE.parent)!r}); {program}",
    ]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert set(loaded) - set(sys.stdlib_module_names) <= {"statline", "__main__"}
