"""The commands for a running service: on a terminal, in a pipe, with every exit status."""

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

from chalicelib.application.job import JobStatus
from local.__main__ import main
from local.cli.output import json_text, progress
from local.emulator.emulator import Emulator
from tests.support.processes import PROJECT, free_port
from tests.support.samples import job

BEST = {"Hessen": 4.0, "Bayern": 2.0}


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner(env=environ).invoke(main, list(arguments), prog_name="python -m local")


@pytest.fixture
def service_url(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the service, set in the environment."""
    monkeypatch.setenv("STATLINE_URL", url)
    return url


def test_pipe_gets_json_in_order(service_url: str) -> None:
    completed = run("ask", "best5", "S1")
    assert (completed.exit_code, completed.stderr) == (0, "")
    assert list(json.loads(completed.stdout).items()) == list(BEST.items())


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
def test_csv_has_a_header_and_every_digit(
    service_url: str, arguments: tuple[str, ...], expected: list[list[str]]
) -> None:
    completed = run("ask", *arguments, "--format", "csv")
    assert list(csv.reader(io.StringIO(completed.stdout))) == expected


def test_table_has_six_digits(service_url: str) -> None:
    completed = run("ask", "global_mean", "S1", "--format", "table")
    lines = [line.strip() for line in completed.stdout.splitlines() if line.strip(" ─")]
    assert lines[:2] == ["mean", "2.66667"]


def test_table_of_a_mean_says_what_its_selection_mixes(service_url: str) -> None:
    whole = run("ask", "best5", "S1", "--format", "table").stdout
    whole = " ".join(whole.split())
    assert "Unweighted mean of the selected published cells; it mixes all years and the whole" in whole
    assert "mean" not in run("ask", "best5", "S1").stdout
    later = run("result", "job_id_1", "--format", "table").stdout
    assert later.rstrip().endswith("Unweighted mean of the selected published cells.")


def test_control_characters_and_markup_are_printed_as_text(service_url: str) -> None:
    completed = run("ask", "state_mean", "S1", "--state", "[red]\x1b[31m")
    assert completed.exit_code == 1
    assert "[red] [31m" in completed.stderr
    assert "\x1b" not in completed.stderr


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("questions", ["id", "question", "best"]),
        ("states", ["name", "abbreviation"]),
        ("jobs", ["jobID", "processID", "status", "created", "message"]),
    ],
)
def test_lists_have_the_same_rows_in_every_format(service_url: str, command: str, columns: list[str]) -> None:
    run("ask", "best5", "S1")
    listed = json.loads(run(command).stdout)
    assert len(listed) >= 1
    rows = list(csv.reader(io.StringIO(run(command, "--format", "csv").stdout)))

    assert rows == [columns, *([row[name] or "" for name in columns] for row in listed)]
    assert rows[1][0] in run(command, "--format", "table").stdout


@pytest.mark.parametrize(
    ("text", "more"),
    [("s1", ()), ("humus", ()), ("UMU", ()), (" Hu ", ()), ("S1", ("--state", "hessen"))],
)
def test_names_are_understood_in_any_case_and_in_part(
    service_url: str, text: str, more: tuple[str, ...]
) -> None:
    completed = run("ask", "state_mean" if more else "best5", text, *more)

    assert completed.exit_code == 0
    assert json.loads(completed.stdout) == ({"Hessen": 4.0} if more else BEST)


def test_question_that_is_guessed_from_a_part_is_said_on_stderr(service_url: str) -> None:
    assert run("ask", "best5", "hum").stderr == "asking: Humus\n"


def test_part_of_several_questions_is_refused_with_them_and_makes_no_job(
    service_url: str,
) -> None:
    completed = run("ask", "best5", "S")

    assert completed.exit_code == 2
    assert '"S" is part of 2 questions: S1 "Humus"; S2 "Sand"' in completed.stderr
    assert json.loads(run("jobs").stdout) == []


@pytest.mark.parametrize("text", ["", "Humuss", "x"])
def test_question_that_is_like_none_is_left_to_the_service(service_url: str, text: str) -> None:
    assert run("ask", "best5", text).exit_code in (1, 3)


def test_arguments_in_the_other_order_are_asked_about() -> None:
    completed = run("ask", "Q036 x", "best5", STATLINE_URL=f"http://127.0.0.1:{free_port()}")
    assert completed.exit_code == 2
    assert "did you mean `ask best5 'Q036 x'`?" in completed.stderr


def test_jobs_are_lines_of_80_columns_on_a_terminal(service_url: str, emulator: Emulator) -> None:
    names = {"id": "job_id_123456789", "statistic": "state_mean_by_category"}
    emulator.store.create(job(1, **names, status=JobStatus.FAILED, reason="why " * 100))
    lines = run("jobs", "--format", "table", COLUMNS="80").stdout.splitlines()

    assert len(lines) == 3
    assert max(map(len, lines)) <= 80
    assert lines[2].split()[:3] == ["job_id_123456789", "state_mean_by_category", "failed"]
    assert lines[2].endswith("…")


def test_csv_has_formulas_as_text_unless_cells_are_exact(service_url: str, emulator: Emulator) -> None:
    result = b'[1,[["=1+1",-2.0]]]'
    done = job(7, statistic="states_mean", status=JobStatus.SUCCESSFUL, result=result)
    emulator.store.create(done)

    csv_of = ("result", "job_id_7", "--format", "csv")
    assert run(*csv_of).stdout == "state,mean\n'=1+1,-2.0\n"
    assert run(*csv_of, "--cells", "exact").stdout == "state,mean\n=1+1,-2.0\n"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_json_is_printable_in_every_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"2011–2022 😀 \x9b31m \u202e": 1.5}
    file = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", file)
    written = json_text(document)

    assert json.loads(written) == document
    assert written.isprintable()
    written.encode(encoding)


def test_what_is_waited_for_is_said_once_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("asking") as report:
        for _ in range(3):
            report("job_id_1 is running", 0.3)
        early = capsys.readouterr().err
        for left in range(5):
            report(f"{left} jobs \x1b[31m left", 2.0)

    assert early == ""
    assert capsys.readouterr() == ("", "waiting: 0 jobs  [31m left\n")


def test_jobs_lists_the_newest_up_to_the_limit(service_url: str) -> None:
    for _ in range(3):
        run("ask", "best5", "S1")
    run("ask", "worst5", "Humuss")
    listed = json.loads(run("jobs", "--limit", "2").stdout)

    assert [(job["jobID"], job["processID"], job["status"]) for job in listed] == [
        ("job_id_4", "worst5", "failed"),
        ("job_id_3", "best5", "successful"),
    ]
    assert len(json.loads(run("jobs").stdout)) == 4


def test_result_prints_the_result_of_an_earlier_job(service_url: str) -> None:
    job_id = requests.post(f"{service_url}/api/best5", json={"question": "S1"}, timeout=5).json()["job_id"]
    assert json.loads(run("result", job_id).stdout) == BEST
    assert (
        run("result", job_id, "--format", "csv").stdout == run("ask", "best5", "S1", "--format", "csv").stdout
    )


def test_drain_waits_for_open_jobs_and_refuses_new_ones(service_url: str, emulator: Emulator) -> None:
    run("ask", "best5", "S1")
    completed = run("drain")
    assert (completed.exit_code, completed.stdout[:8]) == (0, "Drained.")
    assert requests.post(f"{service_url}/api/best5", json={"question": "S1"}, timeout=5).status_code == 503


@pytest.mark.parametrize("arguments", [("ask", "best5", "Humuss"), ("result", "job_id_99")])
def test_missing_result_exits_with_1_and_the_reason_on_stderr(
    service_url: str, arguments: tuple[str, ...]
) -> None:
    completed = run(*arguments)
    assert (completed.exit_code, completed.stdout) == (1, "")
    assert '"Humus"' in completed.stderr or "no job" in completed.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", "median", "S1"), "'median' is not one of 'states_mean'"),
        (("ask", "best5"), "QUESTION"),
        (("ask", "state_mean", "S1"), "--state"),
        (("ask", "best5", "S1", "--state", "Hessen"), "--state"),
        (("ask", "best5", "S1", "--weights", "equal"), "takes no --weights"),
        (("ask", "best5", "S1", "--weights", "heavy"), "'heavy' is not one of 'equal'"),
        (("replay", "/nowhere.json"), "/nowhere.json"),
        (("questions", "--url", "localhost:8000"), "http://"),
        (("questions", "--format", "xml"), "xml"),
        (("drain", "--stage", "dev", "--url", "http://127.0.0.1:1"), "--stage"),
    ],
)
def test_invalid_command_line_exits_with_2_without_a_request(
    arguments: tuple[str, ...], message: str
) -> None:
    completed = run(*arguments, STATLINE_URL=f"http://127.0.0.1:{free_port()}")
    assert completed.exit_code == 2
    assert message in completed.stderr


def test_unreachable_service_exits_with_3_and_names_make_run() -> None:
    completed = run("ask", "best5", "S1", "--url", f"http://127.0.0.1:{free_port()}")
    assert (completed.exit_code, completed.stdout) == (3, "")
    assert "make run" in completed.stderr


@pytest.mark.parametrize("command", ["ask", "result", "replay", "questions", "states", "jobs", "drain"])
def test_help_lists_the_exit_statuses(command: str) -> None:
    assert "3  the service cannot be reached" in run(command, "--help").stdout


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "local", *arguments]


def test_process_in_a_pipe_prints_json_only(service_url: str) -> None:
    process = subprocess.run(
        command("ask", "best5", "S1"), cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False
    )
    assert (process.returncode, json.loads(process.stdout), process.stderr) == (0, BEST, "")


def test_process_on_a_terminal_prints_a_table_and_removes_its_progress(service_url: str) -> None:
    status, output = on_a_terminal("ask", "best5", "S1")
    assert status == 0
    assert "asking" in output
    shown = output.replace("\r", "\n").split("\x1b[2K")[-1]

    assert "Hessen" in shown
    assert "{" not in shown


def test_commands_import_no_slow_packages() -> None:
    program = f"""
import sys
from local.__main__ import main
try:
    main(["questions", "--url", "http://127.0.0.1:{free_port()}"], standalone_mode=False)
except Exception as error:
    print(type(error).__name__)
print(*sorted({{"pandas", "numpy", "moto", "boto3", "botocore", "rich", "chalice"}} & set(sys.modules)))
"""
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=30, check=True
    )
    assert process.stdout.split() == ["Unreachable"]


def on_a_terminal(*arguments: str) -> tuple[int, str]:
    """Run a command on a terminal of 100 columns; return its exit status and output."""
    master, slave = pty.openpty()
    environ = os.environ | {"COLUMNS": "100", "TERM": "xterm"}
    process = subprocess.Popen(
        command(*arguments), cwd=PROJECT, env=environ, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    output, end = b"", time.monotonic() + 30
    try:
        while select.select([master], [], [], max(0, end - time.monotonic()))[0]:
            try:
                output += os.read(master, 4096)
            except OSError:  # a terminal's end of file
                break
        return process.wait(30), output.decode()
    finally:
        process.kill()
        os.close(master)
