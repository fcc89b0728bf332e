"""How commands end: a sentence and an exit status, whatever the setting, the output or the system."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.processes import PROJECT, ServerProcess, free_port, python_m_local, slow_local, until
from tests.support.samples import SOIL, SOIL_CSV

SERVE = ("serve",)


def run(
    *arguments: str, home: Path, before: Callable[[], None] | None = None, more: Any = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m local`; `before` runs in the child, `more` are arguments of subprocess.run."""
    defaults = {"STATLINE_HOME": str(home), "STATLINE_DATASET": str(home / SOIL_CSV), "PORT": "0"}
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=PROJECT,
        env=os.environ | defaults | environ,
        text=True,
        timeout=30,
        check=False,
        preexec_fn=before,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | (more or {}),
    )


def is_one_sentence(text: str) -> bool:
    """Whether a text has one line that says what is wrong; click puts the usage before it."""
    said = [line for line in text.splitlines() if line and not line.startswith(("Usage:", "Try '"))]
    return len(said) == 1 and "Traceback" not in text


@pytest.mark.parametrize(
    ("name", "value", "status", "said"),
    [
        ("PORT", "99999", 2, "99999 is not in the range 0<=x<=65535"),
        ("STATLINE_HOME", "~nosuch/x", 2, "STATLINE_HOME=~nosuch/x is not a path"),
        ("TP_NUM_OF_THREADS", "100000", 2, "TP_NUM_OF_THREADS=100000 is not a whole number of at most 1000"),
        ("STATLINE_DATASET", "/dev/zero", 4, "/dev/zero is not a CSV file: it is no regular file"),
        ("STATLINE_DATASET", "/", 4, "name a folder of data"),
        ("STATLINE_HOME", "/dev/null", 5, "STATLINE_HOME"),
    ],
)
def test_setting_that_makes_no_sense_ends_the_start_with_a_sentence_and_a_status(
    home: Path, name: str, value: str, status: int, said: str
) -> None:
    completed = run(*SERVE, home=home, **{name: value})

    assert completed.returncode == status
    assert said in completed.stderr
    assert is_one_sentence(completed.stderr)


def test_pipe_in_place_of_the_data_set_is_not_waited_for(home: Path) -> None:
    os.mkfifo(home / "pipe.csv")
    completed = run(*SERVE, home=home, STATLINE_DATASET=str(home / "pipe.csv"))

    assert completed.returncode == 4
    assert "it is no regular file" in completed.stderr
    assert is_one_sentence(completed.stderr)


@pytest.mark.parametrize(
    ("host", "status", "said"),
    [
        ("", 2, "it is empty; 127.0.0.1 is this machine alone"),
        ("192.0.2.1", 1, "--host takes an address of this machine"),
    ],
)
def test_host_that_is_none_of_this_machine_is_refused(home: Path, host: str, status: int, said: str) -> None:
    completed = run(*SERVE, "--host", host, home=home)

    assert completed.returncode == status
    assert said in completed.stderr
    assert is_one_sentence(completed.stderr)


def test_too_few_open_files_end_the_start(home: Path) -> None:
    completed = run(*SERVE, home=home, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))

    assert completed.returncode == 6
    assert "64 files may be open" in completed.stderr
    assert "ulimit -n 256" in completed.stderr
    assert is_one_sentence(completed.stderr)


def close_output() -> None:
    os.close(1)


@pytest.mark.parametrize("arguments", [("--help",), ("questions", "--url", "{url}")])
@pytest.mark.parametrize("closed", [True, False])
def test_output_that_takes_nothing_ends_a_command_with_7(
    url: str, home: Path, arguments: tuple[str, ...], closed: bool
) -> None:
    given = [argument.format(url=url) for argument in arguments]
    with Path("/dev/full").open("w") as full:
        completed = run(*given, home=home, before=close_output if closed else None, more={"stdout": full})

    assert completed.returncode == 7
    why = "it is closed" if closed else "No space left on device"
    assert completed.stderr == f"Error: cannot write to standard output: {why}\n"


@pytest.mark.parametrize("closed", [True, False])
def test_server_whose_output_takes_nothing_says_so_once_serves_and_drains(home: Path, closed: bool) -> None:
    port = free_port()
    environ = {"STATLINE_HOME": str(home), "STATLINE_DATASET": str(home / SOIL_CSV), "PORT": str(port)}
    with Path("/dev/full").open("w") as full:
        server = subprocess.Popen(
            [sys.executable, "-m", "local", "serve"],
            cwd=PROJECT,
            env=os.environ | environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=close_output if closed else None,
        )
    try:
        until(lambda: listens(port), seconds=30)
        server.terminate()
        _, said = server.communicate(timeout=30)
    finally:
        server.kill()
        server.wait()

    assert server.returncode == 0
    assert said.startswith("standard output cannot be written (")
    assert said.count("\n") == 1


def listens(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/api/num_jobs", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("arguments", [("--help",), ("questions",), ("questions", "--format", "table")])
def test_reader_that_closes_the_pipe_is_no_error(url: str, home: Path, arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    completed = run(*arguments, home=home, more={"stdout": writer}, STATLINE_URL=url)
    os.close(writer)

    assert (completed.returncode, completed.stderr) == (0, "")


def test_without_a_command_it_prints_help(home: Path) -> None:
    completed = run(home=home)

    assert completed.returncode == 0
    assert completed.stdout.startswith("Usage: python -m local")
    assert "serve" in completed.stdout


TITLE = "Boden 2011–2022 😀\x1b[2J"


def test_ascii_output_shows_a_title_with_escapes(home: Path) -> None:
    (home / "dashed.csv").write_text(SOIL, encoding="utf-8")
    description = {"like": "soil.json", "title": TITLE}
    (home / "dashed.json").write_text(json.dumps(description))
    ascii_only = {"PYTHONIOENCODING": "ascii", "STATLINE_DATASET": str(home / "dashed.csv")}
    with python_m_local(home, **ascii_only) as server:
        server.signal(signal.SIGTERM)
        assert server.wait() == 0

    assert "Data: Boden 2011\\u20132022 \\U0001f600 [2J" in server.said
    assert "Traceback" not in server.said
    assert "Logging error" not in server.said


def test_hangup_drains_and_a_second_one_does_not_cut_it_short(home: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with slow_local(home, gate) as server:
        posted = requests.post(f"{server.url}/api/wait", json={"question": "S1"}, timeout=5).json()
        server.signal(signal.SIGHUP)
        until(lambda: drains(server))
        server.signal(signal.SIGHUP)
        gate.write_bytes(b"open")
        assert server.wait() == 0

    assert "Drained." in server.said
    assert (home / "results" / posted["job_id"]).exists()


def drains(server: ServerProcess) -> bool:
    response = requests.post(f"{server.url}/api/wait", json={"question": "S1"}, timeout=5)
    return response.status_code == 503


@pytest.mark.parametrize(
    ("environ", "remedy"),
    [
        ({}, "AWS_DEFAULT_REGION names the region"),
        ({"AWS_DEFAULT_REGION": "eu-central-1"}, "`aws configure` or `aws sso login` stores credentials"),
        ({"AWS_DEFAULT_REGION": "eu-central-1", "AWS_PROFILE": "nosuch"}, "AWS_PROFILE names a profile"),
    ],
)
def test_missing_region_or_credentials_name_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], remedy: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    nowhere = {name: str(home / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    completed = run(
        "publish",
        "--stage",
        "dev",
        "--list",
        home=home,
        AWS_EC2_METADATA_DISABLED="true",
        **nowhere,
        **environ,
    )

    assert completed.returncode == 3
    assert remedy in completed.stderr
    assert is_one_sentence(completed.stderr)
