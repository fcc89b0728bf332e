"""`replay`: a kept answer is asked again, and its bytes compared."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.__main__ import main
from local.cli.replay import difference, reason
from tests.conftest import running, served
from tests.support.health import health_settings

BEST = {"Hessen": 4.0, "Bayern": 2.0}


@pytest.fixture
def kept(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file for an answer, with the service's URL in the environment."""
    monkeypatch.setenv("STATLINE_URL", url)
    return tmp_path / "answer.json"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), prog_name="python -m local")


@pytest.mark.parametrize(
    "content",
    [
        BEST,
        {"status": "done", "data": BEST},
        {"result": {"mediaType": "application/json", "value": BEST}},
    ],
)
def test_the_same_answer_in_each_of_its_envelopes_is_the_same_bytes(
    kept: Path, content: dict[str, object]
) -> None:
    kept.write_text(json.dumps(content, indent=1))
    completed = run("replay", kept, "best5", "S1")
    assert (completed.exit_code, completed.stdout) == (0, "The same bytes.\n")


def test_changed_number_is_not_the_same_and_is_named(kept: Path) -> None:
    kept.write_text('{"Hessen":4.0,"Bayern":2.5}')
    completed = run("replay", kept, "best5", "S1")
    assert completed.exit_code == 1
    assert completed.stdout == "Not the same: Bayern was 2.5, and is 2.0.\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "holds no JSON"),
        ("[]", "holds no answer"),
        (json.dumps(BEST), "name its statistic"),
        ('{"method": {"id": "median/1"}, "provenance": {"inputs": {}}}', "name its statistic"),
    ],
)
def test_file_that_names_no_question_exits_with_2(kept: Path, content: str, message: str) -> None:
    kept.write_text(content)
    completed = run("replay", kept)
    assert completed.exit_code == 2
    assert message in " ".join(completed.stderr.split())


def test_reason_names_another_data_set_or_method_first() -> None:
    kept = {"method": {"id": "m/1"}, "provenance": {"dataset": "a"}, "estimate": 1.0}
    elsewhere = kept | {"provenance": {"dataset": "b"}}
    assert reason(kept, elsewhere) == "it was of the data set a, and b is served"
    later = kept | {"method": {"id": "m/2"}, "estimate": 2.0}
    assert reason(kept, later) == 'the method was {"id":"m/1"}, and is {"id":"m/2"}'


def test_first_difference_is_named_by_its_place() -> None:
    kept = {"rows": [{"interval": [1.0, 2.0]}, {"interval": [1.0, 2.0]}], "n": 3}
    answer = {"rows": [{"interval": [1.0, 2.0]}, {"interval": [1.0, 2.5]}], "n": 4}
    assert difference(kept, answer) == "rows[1].interval[1] was 2.0, and is 2.5"
    assert difference(kept, {"n": 3}).startswith("the answer was {")


def test_estimate_says_what_was_asked_and_is_the_same_bytes(
    tmp_path: Path, chalice_config: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "answer.json"
    with running(health_settings(tmp_path)) as emulator, served(emulator, chalice_config) as url:
        monkeypatch.setenv("STATLINE_URL", url)
        answer = json.loads(run("ask", "estimate", "H1", "--state", "Eastland", "--years", "2021").stdout)
        kept.write_text(json.dumps(answer, indent=1))
        same = run("replay", kept)
        kept.write_text(json.dumps(answer | {"estimate": 1.0}))
        changed = run("replay", kept)

    replay = answer["provenance"]["replay"]
    assert (same.exit_code, same.stdout) == (0, f"The same bytes, replay {replay}.\n")
    assert (changed.exit_code, changed.stdout) == (
        1,
        f"Not the same, replay {replay}: estimate was 1.0, and is {answer['estimate']}.\n",
    )
