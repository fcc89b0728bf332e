"""Data that break pages: hostile names, 3,000 areas, one, all equal, none with a value, other countries."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.settings import LocalSettings
from tests.conftest import running, served
from tests.support.chromium import Tab, needs_browser
from tests.support.pages import explore, legend, ranking_rows
from tests.support.samples import SOIL_CSV, write_soil
from tests.support.surveys import write_survey
from tests.web.conftest import thorough

HOSTILE = {
    "<script>alert(1)</script>": "X1",
    '"><img src=x onerror=alert(2)>': "X2",
    "مصر العليا": "X3",
    "L" * 200: "X4",
    "Île d'Oléron & Ré": "X5",
    "${7*7} {{x}} %s": "X6",
}
GERMAN = {"Bayern": "BY", "Berlin": "BE", "Hessen": "HE", "Sachsen": "SN"}
MARKS = 'document.querySelectorAll(\'.map g > path[fill="#ffffff"], .panel path[fill="#ffffff"]\').length'
US = {"Ohio": "OH", "Texas": "TX", "Utah": "UT", "Maine": "ME"}

pytestmark = needs_browser


@contextmanager
def serving(dataset: Path, chalice_config: object) -> Iterator[str]:
    environ = {
        "STATLINE_HOME": str(dataset.parent),
        "STATLINE_DATASET": str(dataset),
        "STATLINE_REPLICA": "no",
    }
    with running(LocalSettings.from_environ(environ)) as emulator, served(emulator, chalice_config) as url:
        yield url


def test_hostile_names_are_texts(tmp_path: Path, tab: Tab, chalice_config: object) -> None:
    path = write_survey(
        tmp_path, HOSTILE, [20.5, 31.5, 42.5, 12.5], question='Percent <b>bold</b> & "quoted"'
    )
    with serving(path, chalice_config) as url:
        for view in ("map", "groups", "trend", "table"):
            explore(tab, url, view=view, state=next(iter(HOSTILE)))
            assert (
                tab.evaluate("document.querySelectorAll('main script:not([type]), main img, main b').length")
                == 0
            )
            assert tab.faults(url) == []
            assert tab.evaluate("document.documentElement.scrollWidth") <= 1400
        explore(tab, url)
        assert {row["area"] for row in ranking_rows(tab)} == set(HOSTILE)
        tab.resize(320)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320


@thorough
def test_three_thousand_areas_have_values_without_ranks(
    tmp_path: Path, tab: Tab, chalice_config: object
) -> None:
    places = {f"Place {number:04}": f"P{number}" for number in range(3000)}
    path = write_survey(tmp_path, places, [10 + i / 10 for i in range(500)], years=[2021])
    with serving(path, chalice_config) as url:
        explore(tab, url)

        rows = ranking_rows(tab)

        assert {row["area"] for row in rows} == set(places)
        assert all(row["value"] and row["rank"] is None for row in rows)
        said = tab.evaluate("document.querySelector('.ranked').innerText")
        assert "3,000 areas are too many to rank" in said
        assert tab.faults(url) == []


@thorough
def test_one_area_is_first_of_one(tmp_path: Path, tab: Tab, chalice_config: object) -> None:
    with serving(write_survey(tmp_path, {"Ohio": "OH"}, [20.5]), chalice_config) as url:
        for view in ("trend", "map"):
            explore(tab, url, view=view)

        assert [row["value"] for row in ranking_rows(tab)] == ["20.5"]
        assert tab.faults(url) == []


def test_equal_values_are_one_class(tmp_path: Path, tab: Tab, chalice_config: object) -> None:
    with serving(write_survey(tmp_path, US, [20.5]), chalice_config) as url:
        explore(tab, url)

        classes = {text: entry["many"] for text, entry in legend(tab).items() if str(entry["fill"])[0] == "#"}

        assert classes == {"20.5": 4}
        assert len({row["fill"] for row in ranking_rows(tab)}) == 1


@thorough
def test_areas_without_any_value_say_so(tmp_path: Path, tab: Tab, chalice_config: object) -> None:
    # Published in the year before only.
    values = [20.5] * len(US) + [None] * len(US)
    with serving(write_survey(tmp_path, US, values), chalice_config) as url:
        explore(tab, url, statistic="cells", years="2021")

        assert {row["gap"] for row in ranking_rows(tab)} == {"published without a value"}
        assert legend(tab)["published without a value"]["many"] == len(US)
        tab.visit(f"{url}/explore?question=Q1&years=2021", "document.body?.dataset.state === 'failed'")
        assert "without a value" in tab.evaluate("document.querySelector('#progress').textContent")


@thorough
def test_other_countries_have_bars_and_the_reason(tmp_path: Path, tab: Tab, chalice_config: object) -> None:
    with serving(write_survey(tmp_path, GERMAN, [20.5, 31.5, 42.5, 12.5]), chalice_config) as url:
        explore(tab, url)

        assert len(ranking_rows(tab)) == len(GERMAN)
        assert tab.evaluate("document.querySelector('.map')") is None
        assert "fewer than half of the areas" in tab.evaluate("document.querySelector('.reason').textContent")


@thorough
def test_data_without_years_and_limits_show_their_means(
    tmp_path: Path, tab: Tab, chalice_config: object
) -> None:
    write_soil(tmp_path)
    with serving(tmp_path / SOIL_CSV, chalice_config) as url:
        explore(tab, url, question="S1", statistic="states_mean")

        assert {row["area"]: row["value"] for row in ranking_rows(tab)} == {"Bayern": "2.0", "Hessen": "4.0"}
        assert "no prevalence" in tab.evaluate("document.querySelector('.ranked').innerText")


def square(west: float) -> list[list[float]]:
    east = west + 1
    return [[west, 50.5], [east, 50.5], [east, 51.5], [west, 51.5], [west, 50.5]]


def test_own_shapes_are_drawn(tmp_path: Path, tab: Tab, chalice_config: object) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [square(9.5 + number)]},
        }
        for number, name in enumerate(GERMAN)
    ]
    (tmp_path / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    path = write_survey(tmp_path, GERMAN, [20.5, 31.5, 42.5, 12.5], geometry="areas.geojson")
    with serving(path, chalice_config) as url:
        explore(tab, url)

        assert tab.evaluate("document.querySelectorAll('.map path.area').length") == len(GERMAN)
        assert len({row["fill"] for row in ranking_rows(tab)}) == len(GERMAN)
        assert tab.faults(url) == []


def test_without_scripts_form_and_table_answer(sample_url: str, tab: Tab) -> None:
    tab.scripts(enabled=False)
    tab.visit_blind(f"{sample_url}/explore?question=Q036&statistic=ranking")

    html = tab.html()

    assert '<form id="ask"' in html or 'id="ask"' in html
    assert html.count("<tr") > 40
    assert "Ohio" in html
    assert "plausibly among the best" in html


def test_unreliable_figures_are_marked_and_counted_in_every_view(
    tmp_path: Path, tab: Tab, chalice_config: object
) -> None:
    # Intervals as wide as 36 points fail the presentation standard.
    path = write_survey(tmp_path, US, [20.5, 30.5, 40.5], margin=18)
    with serving(path, chalice_config) as url:
        for view in ("map", "trend"):
            explore(tab, url, view=view)

            entry = legend(tab)["not presentable"]

            assert entry["many"] == tab.evaluate(MARKS), view
            assert entry["many"] > 0
