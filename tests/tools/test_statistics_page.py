"""The reference page of statistics is the one that the registry makes."""

from chalicelib.domain.statistics.registry import STATISTICS
from tools.statistics_page import PAGE, page


def test_page_is_up_to_date() -> None:
    text = PAGE.read_text()
    assert text == page(text), "python -m tools.statistics_page writes it again"


def test_page_names_every_statistic_with_its_inputs() -> None:
    text = PAGE.read_text()
    for name, entry in STATISTICS.items():
        assert f"| `{name}` |" in text
        assert all(f"`{field}`" in text for field in entry.inputs)
