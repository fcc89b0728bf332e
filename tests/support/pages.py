"""What tests ask of the pages."""

from typing import Any
from urllib.parse import urlencode

from tests.support.chromium import Tab

DRAWN = "document.body?.dataset.state === 'drawn' && !document.body.hasAttribute('aria-busy')"
SETTLED = "document.body?.dataset.state && !document.body.hasAttribute('aria-busy')"
FAILED = "document.body?.dataset.state === 'failed' && !document.body.hasAttribute('aria-busy')"
ROWS = """[...document.querySelectorAll('.ranking tbody.rows tr')].map((row) => {
    const fill = (area) => {
        const shape = document.querySelector(`.map [data-area="${CSS.escape(area)}"]`)
        return (shape?.querySelector('rect') ?? shape)?.getAttribute('fill') ?? null
    }
    const text = (selector) => row.querySelector(selector)?.firstChild?.textContent ?? null
    return {
        area: row.dataset.area,
        rank: text('.rank'),
        value: text('td.number'),
        interval: text('td.interval'),
        gap: text('td.gap'),
        fill: fill(row.dataset.area),
        unreliable: row.classList.contains('unreliable'),
    }
})"""
LEGEND = """[...document.querySelectorAll('.legend-list li')].map((item) => ({
    text: item.textContent.replace(/ \\(\\d+\\)$/, '').trim(),
    many: Number(item.querySelector('.count').textContent.slice(1, -1)),
    fill: item.querySelector('rect:not(defs *)')?.getAttribute('fill') ?? null,
}))"""


def explore(tab: Tab, url: str, until: str = DRAWN, **state: str) -> None:
    """Open Explore in a state, and wait until it is drawn."""
    tab.visit(f"{url}/explore{'?' if state else ''}{urlencode(state)}", until)


def ranking_rows(tab: Tab) -> list[dict[str, Any]]:
    """Return the rows of the ranking, with the fill of each area on the map."""
    return list(tab.evaluate(ROWS))


def legend(tab: Tab) -> dict[str, dict[str, Any]]:
    return {entry["text"]: entry for entry in tab.evaluate(LEGEND)}
