"""Every page for every reader: axe finds nothing, the keyboard reaches all, nothing scrolls sideways."""

import json
from pathlib import Path

import pytest

from tests.support.chromium import AXE, Tab, needs_axe, needs_browser
from tests.support.pages import DRAWN, explore
from tests.web.conftest import FULL, thorough

WIDTHS = (1400, 768, 400)
LIGHT = {"prefers_color_scheme": "light", "forced_colors": "none"}
DARK = {"prefers_color_scheme": "dark", "forced_colors": "none"}
FORCED = {"prefers_color_scheme": "dark", "forced_colors": "active"}
LOOKS = {"light": LIGHT, "dark": DARK, "forced": FORCED}
VIEWS = ("map", "groups", "trend", "table")
EXPLORE = {f"explore {view}": f"/explore?view={view}&state=Ohio" for view in VIEWS}
OTHERS = {
    "jobs": "/jobs",
    "job": "/jobs/job_id_1",
    "result": "/jobs/job_id_1/results",
    "processes": "/processes",
    "process": "/processes/compare",
    "conformance": "/conformance",
    "operations": "/operations",
    "answer": "/answers/ranking.html?question=Q036",
    "missing": "/jobs/job_id_999999",
}
PAGES = {**EXPLORE, **OTHERS}
# In the short run every page once, at a width and in a look of its own.
SHORT = [(page, WIDTHS[i % 3], list(LOOKS)[(i // 2) % 3]) for i, page in enumerate(PAGES)]
ALL = [(page, width, look) for page in PAGES for width in WIDTHS for look in LOOKS]
BORDERS = """(() => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    const channel = (value) => linear(value / 255)
    const light = (colour) => {
        const [r, g, b] = colour.match(/\\w\\w/g).map((pair) => channel(parseInt(pair, 16)))
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05)
    return [...document.querySelectorAll('.map path.area')]
        .filter((area) => area.getAttribute('fill').startsWith('#'))
        .map((area) => contrast(area.getAttribute('fill'), area.getAttribute('stroke')))
})()"""

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

pytestmark = needs_browser


def open_page(tab: Tab, url: str, page: str) -> None:
    tab.visit(url + PAGES[page], DRAWN if page in EXPLORE else "true")


@needs_axe
@pytest.mark.parametrize(("page", "width", "look"), ALL if FULL else SHORT)
def test_axe_finds_no_violation_and_the_console_nothing(
    sample_url: str, tab: Tab, page: str, width: int, look: str
) -> None:
    explore(tab, sample_url)  # a job to look at
    tab.resize(width)
    tab.media(**LOOKS[look], prefers_reduced_motion="reduce")

    open_page(tab, sample_url, page)

    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = tab.evaluate(
        "axe.run().then(({violations}) => violations.map(({id, nodes}) =>"
        " [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + node.failureSummary)]))"
    )
    assert found == [], json.dumps(found, indent=1)
    assert tab.evaluate(OVERFLOW) == 0
    assert page == "missing" or tab.faults(sample_url) == []


@thorough
@pytest.mark.parametrize("page", PAGES)
def test_page_is_no_wider_than_320_px(sample_url: str, tab: Tab, page: str) -> None:
    tab.resize(320)

    open_page(tab, sample_url, page)

    assert tab.evaluate(OVERFLOW) == 0


def test_borders_of_areas_have_a_contrast_of_three(sample_url: str, tab: Tab) -> None:
    for state in ({}, {"statistic": "benchmark"}):
        explore(tab, sample_url, question="Q036", **state)

        contrasts = tab.evaluate(BORDERS)

        assert len(contrasts) > 40
        assert min(contrasts) >= 3


class Walk:
    """A reader with a keyboard: counts keys, and sees that the focus shows at each stop."""

    def __init__(self, tab: Tab) -> None:
        self.tab, self.keys = tab, 0

    def press(self, *names: str) -> None:
        self.tab.press(*names)
        self.keys += len(names)

    def to(self, selector: str) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(40):
            self.press("Tab")
            assert self.tab.evaluate(
                "(() => { const style = getComputedStyle(document.activeElement);"
                " return document.activeElement.matches(':focus-visible') && style.outlineStyle !== 'none'"
                " && parseFloat(style.outlineWidth) >= 2 })()"
            ), self.tab.evaluate("document.activeElement.outerHTML.slice(0, 300)")
            if self.tab.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                return
        raise AssertionError(f"the Tab key does not reach {selector}")

    def until_drawn(self, state: str) -> None:
        self.tab.until(f"new URLSearchParams(location.search).get{state} && ({DRAWN})")


def test_keyboard_alone_asks_sorts_reads_and_downloads(sample_url: str, tab: Tab, tmp_path: Path) -> None:
    tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=True)
    explore(tab, sample_url)
    walk = Walk(tab)

    walk.to("[name=question]")
    walk.press("ArrowDown", "ArrowDown")
    walk.until_drawn("('question') !== null")
    walk.to("[name=years]")
    walk.press("ArrowDown")
    walk.until_drawn("('years') !== null")
    walk.to("[name=category]")
    walk.press("ArrowDown")
    walk.until_drawn("('stratum') !== null")
    walk.to("[data-focus='sort value']")
    walk.press("Enter")
    walk.until_drawn("('sort') !== null")
    walk.to("[data-choose]")
    walk.press("ArrowDown", "ArrowDown")
    row = tab.evaluate("document.activeElement.closest('tr').innerText")
    walk.to("[data-focus=csv]")
    walk.press("Enter")
    tab.until("true")

    assert " to " in row
    assert walk.keys <= 40, walk.keys
