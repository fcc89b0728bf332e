"""The address of the page is its state; what is exported of it stands alone."""

import csv
import io
import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from tests.support.chromium import Tab, needs_browser
from tests.support.pages import DRAWN, SETTLED, explore
from tests.web.conftest import FULL, thorough

SEED = 2026
STATES = 20
SEEN = """({
    title: document.querySelector('h1').textContent,
    table: document.querySelector('#picture table')?.innerText ?? null,
    svg: [...document.querySelectorAll('#picture svg')]
        .map((svg) => svg.outerHTML.replace(/hatch\\d+/g, 'hatch')),
    said: document.querySelector('#progress').textContent.replace(/[\\d.]+ s/, ''),
    notes: [...document.querySelectorAll('.note, .caveats li')].map((note) => note.textContent),
})"""
# Take what a button of the page saves, as text.
SAVED = """(async () => {
    const saved = new Promise((resolve) => {
        const create = URL.createObjectURL
        URL.createObjectURL = (blob) => (URL.createObjectURL = create, resolve(blob), create.call(URL, blob))
    })
    document.querySelector('[data-focus="%s"]').click()
    const blob = await saved
    return [blob.type, await blob.text()]
})()"""

pytestmark = needs_browser


def random_state(chance: random.Random, catalogue: dict[str, Any]) -> dict[str, str]:
    question = chance.choice(catalogue["questions"])
    state = {
        "question": question["id"],
        "statistic": chance.choice(
            ["ranking", "cells", "benchmark", "trend", "age_standardised", "states_mean"]
        ),
        "years": str(chance.choice(question["years"])),
        "view": chance.choice(["map", "groups", "trend", "table"]),
        "areas": chance.choice(["", "all"]),
    }
    if state["statistic"] == "trend":
        del state["years"]
    if state["statistic"] in ("ranking", "trend") and chance.random() < 0.5:
        state["state"] = chance.choice(["Ohio", "Texas", "Vermont"])
    if state["statistic"] != "age_standardised" and chance.random() < 0.4:
        state |= {"category": "Gender", "stratum": chance.choice(["Female", "Male"])}
    if state["view"] == "table" and chance.random() < 0.5:
        state |= {"sort": "-state", "filter": "a"}
    return {name: value for name, value in state.items() if value}


def test_random_states_reload_to_the_same_page(sample_url: str, tab: Tab) -> None:
    catalogue = requests.get(f"{sample_url}/api/questions", timeout=10).json()
    chance = random.Random(SEED)
    for _ in range(STATES if FULL else 4):
        state = random_state(chance, catalogue)
        explore(tab, sample_url, SETTLED, **state)
        first, address = tab.evaluate(SEEN), tab.evaluate("location.href")

        tab.visit("about:blank")
        tab.visit(address, SETTLED)

        assert tab.evaluate(SEEN) == first, state


@thorough
def test_back_returns_to_the_answer_before(sample_url: str, tab: Tab) -> None:
    explore(tab, sample_url, question="Q036")
    first = tab.evaluate(SEEN)
    tab.evaluate("document.querySelector('a[data-choose]').click()")
    tab.until(f"location.search.includes('state=') && ({DRAWN})")
    assert tab.evaluate(SEEN) != first

    tab.evaluate("history.back()")

    tab.until(f"!location.search.includes('state=') && ({DRAWN})")
    assert tab.evaluate(SEEN) == first


@pytest.mark.parametrize("view", ["map", "groups", "trend"])
def test_exported_svg_stands_alone(sample_url: str, tab: Tab, tmp_path: Path, view: str) -> None:
    explore(tab, sample_url, question="Q036", view=view)
    caveats = tab.evaluate("[...document.querySelectorAll('.caveats li')].map((item) => item.textContent)")

    media_type, text = tab.evaluate(SAVED % "SVG")

    assert media_type == "image/svg+xml"
    root = ElementTree.fromstring(text)
    words = re.sub(r"\s+", " ", " ".join(root.itertext()))
    assert "Invented data" in words
    assert "Source:" in words
    assert "published survey estimates" in words
    assert caveats
    assert all(caveat[:60] in words for caveat in caveats)
    assert not re.findall(r"""(?:href|src)=["'](?!#)|\sstyle=|\sclass=|url\((?!#)""", text)
    path = tmp_path / "picture.svg"
    path.write_text(text, encoding="utf-8")
    tab.visit(path.as_uri(), "document.documentElement.tagName === 'svg'")
    assert tab.evaluate("document.querySelectorAll('path, circle').length") > 50
    assert tab.logged == []


def test_png_is_drawn_of_the_same_picture(sample_url: str, tab: Tab) -> None:
    explore(tab, sample_url, question="Q036")

    media_type, text = tab.evaluate(SAVED % "PNG")

    assert media_type == "image/png"
    assert len(text) > 10_000
    assert tab.faults(sample_url) == []


def test_csv_parses_to_the_table(sample_url: str, tab: Tab) -> None:
    explore(tab, sample_url, question="Q036", view="table")
    shown = tab.evaluate(
        "[...document.querySelectorAll('.data tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )

    address = tab.evaluate("document.querySelector('[data-focus=csv]').href")
    rows = list(csv.reader(io.StringIO(requests.get(address, timeout=10).text)))

    assert len(rows) > 40
    assert shown == rows


@thorough
def test_citation_names_source_dataset_and_address(sample_url: str, tab: Tab) -> None:
    explore(tab, sample_url, question="Q036")

    citation = tab.evaluate("document.querySelector('.citation').textContent")

    dataset = requests.get(f"{sample_url}/", headers={"Accept": "application/json"}, timeout=10).json()
    assert citation.startswith("Invented data.")
    assert dataset["dataset"]["id"][:16] in citation
    assert f"{sample_url}/explore?question=Q036" in citation
