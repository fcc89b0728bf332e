"""Content negotiation."""

from types import SimpleNamespace
from typing import Any

import pytest
from chalice.app import CaseInsensitiveMapping, MultiDict

from chalicelib.errors import InvalidRequest, NotAcceptable
from chalicelib.routes.negotiation import negotiate

OFFERS = ("application/json", "text/csv", "text/html")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def request(accept: str | None = None, **query: str) -> Any:
    headers = {} if accept is None else {"accept": accept}
    given = MultiDict({name: [value] for name, value in query.items()}) if query else None
    return SimpleNamespace(headers=CaseInsensitiveMapping(headers), query_params=given)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV;charset=utf-8", "text/csv"),
        ("text/*", "text/csv"),
        ("text/html, text/csv", "text/csv"),
        ("text/csv;q=0.5, text/html", "text/html"),
        ("application/json;q=0, */*", "text/csv"),
        ("text/*;q=0.9, text/csv;q=0.1, application/json;q=0.5", "text/html"),
        ("image/png, application/json;q=0.1", "application/json"),
        ("text/csv;q=junk, */*;q=0.1", "application/json"),
        (BROWSER, "text/html"),
    ],
)
def test_accept_chooses_by_quality_then_range_then_our_order(accept: str | None, chosen: str) -> None:
    assert negotiate(request(accept), OFFERS) == chosen


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "*/*;q=0", "junk", ";;,"])
def test_unavailable_form_is_refused_and_lists_the_available_ones(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="text/html"):
        negotiate(request(accept), OFFERS)


def test_parameter_f_precedes_accept() -> None:
    assert negotiate(request(BROWSER, f="csv"), OFFERS) == "text/csv"
    with pytest.raises(NotAcceptable):
        negotiate(request(BROWSER, f="csv"), OFFERS[:1])
    with pytest.raises(InvalidRequest, match='"html"'):
        negotiate(request(BROWSER, f="xml"), OFFERS)
