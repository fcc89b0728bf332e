"""The page tells what the run found."""

import re
from pathlib import Path

import pytest

from bench.__main__ import FULL, NORMAL, QUICK, commands, write
from bench.page import render
from bench.tables import shown, table
from local.settings import PROJECT
from tests.bench.runs import SECTIONS, good_run


def test_a_missed_target_is_shown_as_missed() -> None:
    """With its limit, beside what was measured; nothing else is."""
    run = good_run()
    run["memory"][-1]["mb"] = 300.0
    page = render(run)
    assert page.count("**missed**") == 1
    assert "| memory after many jobs against after 1,000 | ≤ 1.3 | 1.5 | 100,000 jobs | **missed** |" in page
    assert "missed" not in render(good_run())


def test_every_section_has_its_command_and_its_figures() -> None:
    """Each with its rows."""
    page = render(good_run(), see="Look there.")
    for name in SECTIONS:
        assert f"`python -m bench.{name}`" in page
    assert "| make run | 8 | 1,000 | 2 | 2 | 2 | 0 | 10 | 7 |" in page
    assert "| 10,000,000 | statline | 10 | 1,000,000 | 90 |" in page
    assert "| 18,650 | 20 | none | 30 | 2 | 1 |" in page
    assert "an abacus" in page
    assert "Look there." in page


def test_sizes_between_are_left_to_the_plot() -> None:
    """The nine statistics of the smallest and of the largest file."""
    section = render(good_run()).split("## Statistics")[1].split("## Ingest")[0]
    assert (section.count("| 18,650 "), section.count("| 1,000,000 "), section.count("| 10,000,000 ")) == (
        9,
        0,
        9,
    )


@pytest.mark.parametrize("sizes", [NORMAL, FULL, QUICK])
def test_commands_of_the_page_exist(sizes: object) -> None:
    """Modules that take those options."""
    for command in commands(sizes).values():  # type: ignore[arg-type] # a Sizes
        module, *options = command.partition(" -m ")[2].split()
        source = (PROJECT / f"{module.replace('.', '/')}.py").read_text()
        for option in options:
            assert not option.startswith("--") or f'"{option}"' in source, command


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.12345, "0.123"),
        (12.345, "12.3"),
        (1234.5, "1,230"),
        (99.96, "100"),
        (12345, "12,345"),
        ([], "none"),
        (["a", "b"], "a, b"),
    ],
)
def test_numbers_are_shown_as_precisely_as_they_are_known(value: object, text: str) -> None:
    """Measured ones to three digits, counted ones whole."""
    assert shown(value) == text


def test_a_table_has_a_line_for_each_row() -> None:
    """Columns in the order asked for."""
    assert (
        table([{"b": 1, "jobs_per_s": 2.5}], ("jobs_per_s", "b"))
        == "| jobs/s | b |\n| --- | --- |\n| 2.5 | 1 |"
    )


def test_every_plot_of_the_page_is_drawn(tmp_path: Path) -> None:
    """The same bytes for the same run; what is slower is drawn elsewhere."""
    pytest.importorskip("matplotlib", reason="make bench installs it")
    folders = [tmp_path / name for name in ("one", "again", "other")]
    other = good_run()
    other["round_trips"][0]["jobs_per_s"] = 200.0
    for folder, run in zip(folders, (good_run(), good_run(), other), strict=True):
        folder.mkdir()
        write(run, folder)
    plots = re.findall(r"\]\(([^)]+\.svg)\)", (folders[0] / "benchmarks.md").read_text())
    assert len(plots) == 3
    one, again, changed = ([(folder / plot).read_bytes() for plot in plots] for folder in folders)
    assert one == again
    assert one[0] != changed[0]
    assert one[1:] == changed[1:]
