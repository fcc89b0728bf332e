"""The commands that ask, as people type them: on a terminal, in a pipe, with every exit status."""

import csv
import io
import json
import os
import pty
import select
import subprocess
import sys
import time

import pytest
import requests
from click.testing import CliRunner, Result

from local.__main__ import main
from local.emulator.emulator import Emulator
from tests.support.processes import PROJECT, free_port

BEST = {"Hessen": 4.0, "Bayern": 2.0}


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner(env=environ).invoke(main, list(arguments), prog_name="python -m local")


@pytest.fixture
def here(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The service, named by the environment."""
    monkeypatch.setenv("STATLINE_URL", url)
    return url


def test_json_in_a_pipe(here: str) -> None:
    """The answer alone, in its order."""
    done = run("ask", "best5", "S1")
    assert (done.exit_code, done.stderr) == (0, "")
    assert list(json.loads(done.stdout).items()) == list(BEST.items())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("best5", "S1"), [["state", "mean"], ["Hessen", "4.0"], ["Bayern", "2.0"]]),
        (("global_mean", "S1"), [["mean"], [repr(8 / 3)]]),
        (
            ("state_mean_by_category", "Humus", "--state", "Hessen"),
            [["state", "category", "segment", "mean"], ["Hessen", "Nutzung", "Acker", "4.0"]],
        ),
    ],
)
def test_csv(here: str, arguments: tuple[str, ...], expected: list[list[str]]) -> None:
    """With a header, and every digit."""
    done = run("ask", *arguments, "--format", "csv")
    assert list(csv.reader(io.StringIO(done.stdout))) == expected


def test_a_table(here: str) -> None:
    """Columns with names; numbers to six digits."""
    done = run("ask", "global_mean", "S1", "--format", "table")
    assert [line.strip() for line in done.stdout.splitlines() if line.strip(" ─")] == ["mean", "2.66667"]


def test_a_table_commands_no_terminal(here: str) -> None:
    """Square brackets are text; so is what begins an escape sequence."""
    done = run("ask", "state_mean", "S1", "--state", "[red]\x1b[31m")
    assert done.exit_code == 1
    assert "[red] [31m" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("questions", ["id", "question", "best"]),
        ("states", ["name", "abbreviation"]),
        ("jobs", ["jobID", "processID", "status", "created", "message"]),
    ],
)
def test_lists(here: str, command: str, columns: list[str]) -> None:
    """The same in every form."""
    run("ask", "best5", "S1")
    listed = json.loads(run(command).stdout)
    assert len(listed) >= 1
    rows = list(csv.reader(io.StringIO(run(command, "--format", "csv").stdout)))
    assert rows == [columns, *([one[name] or "" for name in columns] for one in listed)]
    assert rows[1][0] in run(command, "--format", "table").stdout


def test_the_latest_jobs(here: str) -> None:
    """Newest first, as many as wanted."""
    for _ in range(3):
        run("ask", "best5", "S1")
    run("ask", "worst5", "Humuss")
    listed = json.loads(run("jobs", "--limit", "2").stdout)
    assert [(one["jobID"], one["processID"], one["status"]) for one in listed] == [
        ("job_id_4", "worst5", "failed"),
        ("job_id_3", "best5", "successful"),
    ]
    assert len(json.loads(run("jobs").stdout)) == 4


def test_a_job_of_before(here: str) -> None:
    """Its answer comes by its id, as the same table."""
    job_id = requests.post(f"{here}/api/best5", json={"question": "S1"}, timeout=5).json()["job_id"]
    assert json.loads(run("result", job_id).stdout) == BEST
    assert (
        run("result", job_id, "--format", "csv").stdout == run("ask", "best5", "S1", "--format", "csv").stdout
    )


def test_drain(here: str, emulator: Emulator) -> None:
    """Waits until nothing is open; then new questions are refused."""
    run("ask", "best5", "S1")
    done = run("drain")
    assert (done.exit_code, done.stdout[:8]) == (0, "Drained.")
    assert requests.post(f"{here}/api/best5", json={"question": "S1"}, timeout=5).status_code == 503


@pytest.mark.parametrize("arguments", [("ask", "best5", "Humuss"), ("result", "job_id_99")])
def test_status_1_there_is_no_answer(here: str, arguments: tuple[str, ...]) -> None:
    """Why stands on standard error; standard output stays empty."""
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert '"Humus"' in done.stderr or "no job" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("ask", "median", "S1"), "'median' is not one of 'states_mean'"),
        (("ask", "best5"), "QUESTION"),
        (("ask", "state_mean", "S1"), "--state"),
        (("ask", "best5", "S1", "--state", "Hessen"), "--state"),
        (("questions", "--url", "localhost:8000"), "http://"),
        (("questions", "--format", "xml"), "xml"),
        (("drain", "--stage", "dev", "--url", "http://127.0.0.1:1"), "--stage"),
    ],
)
def test_status_2_what_was_typed_makes_no_sense(arguments: tuple[str, ...], named: str) -> None:
    """No service is asked."""
    done = run(*arguments, STATLINE_URL=f"http://127.0.0.1:{free_port()}")
    assert done.exit_code == 2
    assert named in done.stderr


def test_status_3_no_service() -> None:
    """With what to start."""
    done = run("ask", "best5", "S1", "--url", f"http://127.0.0.1:{free_port()}")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "make run" in done.stderr


@pytest.mark.parametrize("command", ["ask", "result", "questions", "states", "jobs", "drain"])
def test_help_tells_the_exit_statuses(command: str) -> None:
    """Of every command that asks."""
    assert "3  the service cannot be reached" in run(command, "--help").stdout


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "local", *arguments]


def test_as_a_process_in_a_pipe(here: str) -> None:
    """JSON and nothing else; a reader who leaves early is no traceback."""
    done = subprocess.run(
        command("ask", "best5", "S1"), cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, BEST, "")


def test_as_a_process_on_a_terminal(here: str) -> None:
    """A table; what it waits for is shown on standard error while it waits, and gone in the end."""
    status, said = on_a_terminal("ask", "best5", "S1")
    assert status == 0
    assert "asking" in said
    shown = said.replace("\r", "\n").split("\x1b[2K")[-1]
    assert "Hessen" in shown
    assert "{" not in shown


def test_it_starts_fast() -> None:
    """What a person waits for at every command: neither pandas nor moto nor boto3 is imported."""
    watched = f"""
import sys
from local.__main__ import main
try:
    main(["questions", "--url", "http://127.0.0.1:{free_port()}"], standalone_mode=False)
except Exception as error:
    print(type(error).__name__)
print(*sorted({{"pandas", "numpy", "moto", "boto3", "botocore", "rich", "chalice"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", watched], cwd=PROJECT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == ["ServiceFailed"]


def on_a_terminal(*arguments: str) -> tuple[int, str]:
    """The exit status of a command on a terminal of 100 columns, and all that it wrote there."""
    ours, its = pty.openpty()
    environ = os.environ | {"COLUMNS": "100", "TERM": "xterm"}
    process = subprocess.Popen(
        command(*arguments), cwd=PROJECT, env=environ, stdin=its, stdout=its, stderr=its
    )
    os.close(its)
    said, end = b"", time.monotonic() + 30
    try:
        while select.select([ours], [], [], max(0, end - time.monotonic()))[0]:
            try:
                said += os.read(ours, 4096)
            except OSError:  # how a terminal says that nobody writes to it any more
                break
        return process.wait(30), said.decode()
    finally:
        process.kill()
        os.close(ours)
