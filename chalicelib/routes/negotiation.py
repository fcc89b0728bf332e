"""Content negotiation (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

from chalice.app import Request

from chalicelib.application.job import JSON
from chalicelib.documents.process_description import CSV
from chalicelib.errors import InvalidRequest, NotAcceptable, listed, shown

HTML = "text/html"
# The values of the query parameter `f`, by which links choose a form.
FORMS = {"json": JSON, "html": HTML, "csv": CSV}
NAMES = {media_type: name for name, media_type in FORMS.items()}


def negotiate(request: Request, offers: Sequence[str]) -> str:
    """Return the media type of `offers` that the client prefers; of equals the first.

    Raises NotAcceptable, or InvalidRequest for an unknown `f`.
    """
    query = request.query_params
    if query is not None and "f" in query:
        form = query["f"]
        if form not in FORMS:
            raise InvalidRequest(f'"f" must be one of {listed(FORMS)}, not {shown(form)}')
        if FORMS[form] not in offers:
            raise NotAcceptable(FORMS[form], offers)
        return FORMS[form]
    accept = request.headers.get("accept") or "*/*"
    ranges = parsed(accept)
    qualities = {offer: quality(offer, ranges) for offer in offers}
    best = max(offers, key=lambda offer: qualities[offer])
    if not qualities[best]:
        raise NotAcceptable(accept, offers)
    return best


def parsed(accept: str) -> dict[str, float]:
    """Return the quality of each media range."""
    ranges = {}
    for part in accept.split(","):
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        values = dict(parameter.partition("=")[::2] for parameter in parameters)
        ranges[name] = weight(values.get("q", "1"))
    return ranges


def weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def quality(offer: str, ranges: dict[str, float]) -> float:
    """Return the quality of the most specific range that matches the offer; 0 for none."""
    for name in (offer, offer.partition("/")[0] + "/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0
