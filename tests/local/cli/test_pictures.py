"""Answers as pictures: bars on a terminal, SVG files, the page in a browser."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.web.client.statline import Figure
from local.__main__ import main
from local.cli.bars import FEWEST_COLUMNS, rows
from local.settings import PROJECT, SAMPLE
from tests.support.processes import python_m_local

NEEDED = {"state": "Ohio", "category": "Income"}
MORE = {"compare": ("--versus-state", "Texas")}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the bundled sample, which is invented."""
    home = tmp_path_factory.mktemp("home")
    with python_m_local(home, STATLINE_DATASET=str(SAMPLE), STATLINE_REPLICA="no") as server:
        yield server.url


def run(url: str, *arguments: str) -> Result:
    environ = {"STATLINE_URL": url, "COLUMNS": "80", "BROWSER": "false"}
    return CliRunner(env=environ).invoke(main, list(arguments), prog_name="python -m local")


def asking(name: str) -> list[str]:
    needed = [field for field in STATISTICS[name].parameters if field != "question"]
    options = [word for field in needed for word in (f"--{field}", NEEDED[field])]
    return ["ask", name, "Q036", *options, *MORE.get(name, ())]


@pytest.mark.parametrize("name", STATISTICS)
def test_bars_of_every_statistic_fit_80_columns_and_say_invented(sample: str, name: str) -> None:
    completed = run(sample, *asking(name), "--bars")

    assert (completed.exit_code, completed.stderr) == (0, "")
    lines = completed.stdout.splitlines()
    assert lines[0].startswith("Invented data.")
    assert max(map(cell_len, lines)) <= 80
    assert "\x1b" not in completed.stdout
    assert "●" in completed.stdout


def test_bars_of_a_ranking_have_every_area_with_rank_value_and_interval(sample: str) -> None:
    shown = run(sample, "ask", "ranking", "Q036", "--years", "2022", "--bars").stdout
    lines = re.findall(
        r"^(\d+) \(\d+–\d+\) +(\D+?)  ([\d.]+) \(([\d.]+) to ([\d.]+)\)  +\S+$", shown, re.MULTILINE
    )
    csv = run(sample, "ask", "ranking", "Q036", "--years", "2022", "--format", "csv").stdout.splitlines()[1:]

    assert [(area.strip(), *numbers) for _, area, *numbers in lines] == [
        tuple(row.split(",")[place] for place in (0, 2, 3, 4)) for row in csv
    ]


def test_bars_in_ascii_have_other_marks_and_no_escapes(sample: str) -> None:
    environ = os.environ | {"STATLINE_URL": sample, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "local", *asking("disparity"), "--bars"]
    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, timeout=60, check=True)
    text = done.stdout.decode("ascii")

    assert re.search(r"\|-+o-+\|$", text, re.MULTILINE)
    assert "\\u" not in text


def test_bars_leave_no_suppressed_row_and_no_left_out_group_unsaid(sample: str) -> None:
    cells = run(sample, "ask", "cells", "Q036", "--state", "Ohio", "--years", "2022", "--bars").stdout
    disparity = run(sample, *asking("disparity"), "--bars").stdout

    assert cells.count("published without a value\n") == 3
    assert "Left out: Data not reported." in disparity


def test_bars_and_a_format_are_two_outputs(sample: str) -> None:
    completed = run(sample, "ask", "ranking", "Q036", "--bars", "--format", "csv")
    assert (completed.exit_code, completed.stdout) == (2, "")


@pytest.mark.parametrize("name", ["ranking", "best5"])
def test_plot_is_a_picture_with_caveats_and_source_beside_the_output(
    sample: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "out.svg"
    completed = run(sample, "ask", name, "Q036", "--plot", str(path), "--format", "csv")
    words = " ".join(" ".join(ElementTree.parse(path).getroot().itertext()).split())

    assert completed.stdout == run(sample, "ask", name, "Q036", "--format", "csv").stdout
    assert "Invented data" in words
    assert "Source: invented by" in words
    assert (
        "Crude figures: areas and groups differ in age." if name == "ranking" else "no prevalence"
    ) in words


@pytest.mark.parametrize(("path", "status"), [("out.png", 2), ("missing/out.svg", 1)])
def test_file_that_cannot_be_drawn_is_an_error(sample: str, path: str, status: int, tmp_path: Path) -> None:
    completed = run(sample, "ask", "ranking", "Q036", "--plot", str(tmp_path / path))
    assert (completed.exit_code, completed.stdout) == (status, "")
    assert path in completed.stderr


def test_open_shows_the_page_of_the_answer_without_the_key(sample: str, tmp_path: Path) -> None:
    """With a browser that writes down what it is to open."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {shlex.quote(str(tmp_path / "opened"))}\n')
    browser.chmod(0o755)
    environ = os.environ | {"STATLINE_URL": sample, "STATLINE_KEY": "secret", "BROWSER": f"{browser} %s"}
    command = [sys.executable, "-m", "local", "ask", "ranking", "obesity", "--state", "oh", "--open"]
    subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, timeout=60, check=True)

    address = urlsplit((tmp_path / "opened").read_text())
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{sample}/explore"
    query = parse_qs(address.query)
    assert (query["statistic"], query["state"]) == (["ranking"], ["Ohio"])
    assert "secret" not in address.geturl()


def test_machine_without_a_browser_says_the_address(sample: str) -> None:
    completed = run(sample, "ask", "ranking", "Q036", "--open")
    assert completed.exit_code == 0
    assert f"no browser opens here: {sample}/explore?question=Q036&statistic=ranking" in completed.stderr


def test_result_of_an_earlier_job_is_shown_as_bars(sample: str) -> None:
    run(sample, "ask", "ranking", "Q036")
    job_id = re.findall(r"job_id_\d+", run(sample, "jobs", "--limit", "1").stdout)[0]
    assert (
        run(sample, "result", job_id, "--bars").stdout
        == run(sample, "ask", "ranking", "Q036", "--bars").stdout
    )


values = st.floats(-1e6, 1e6) | st.none()
verdicts = st.sampled_from(["", "no difference shown"])
figures = st.builds(Figure, st.text(), values, values, values, st.booleans(), st.just(""), verdicts)


# Their axis has longer labels than there is room for.
LONG_AXIS = [
    Figure("", 0.0, None, 240_000.0, False),
    Figure("", -10_000.75, -0.0, -0.0, False, "", "no difference shown"),
]


@given(st.lists(figures, max_size=9), st.integers(FEWEST_COLUMNS, 120))
@example(LONG_AXIS, FEWEST_COLUMNS)
def test_rows_of_any_figures_fit_their_columns(shown: list[Figure], columns: int) -> None:
    lines = list(rows(shown, columns))
    assert len(lines) - len(shown) in (0, 1)  # with the axis, where there is room for one
    assert all(cell_len(line) <= columns for line in lines)
