"""In which form a client wants its answer (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

from chalice.app import Request

from chalicelib.application.job import JSON
from chalicelib.documents.process_description import CSV
from chalicelib.errors import InvalidRequest, NotAcceptable, listed, shown

HTML = "text/html"
# What the query's `f` calls them: a link can ask for a form, a browser's Accept cannot be clicked.
FORMS = {"json": JSON, "html": HTML, "csv": CSV}
NAMES = {media_type: name for name, media_type in FORMS.items()}


def negotiate(request: Request, offers: Sequence[str]) -> str:
    """The media type, out of those offered, that the client likes best; of equals the first.

    Raises NotAcceptable, or InvalidRequest for an `f` that is none.
    """
    query = request.query_params
    if query is not None and "f" in query:
        wanted = query["f"]
        if wanted not in FORMS:
            raise InvalidRequest(f'"f" must be one of {listed(FORMS)}, not {shown(wanted)}')
        if FORMS[wanted] not in offers:
            raise NotAcceptable(FORMS[wanted], offers)
        return FORMS[wanted]
    accept = request.headers.get("accept") or "*/*"
    ranges = parsed(accept)
    liking = {offer: quality(offer, ranges) for offer in offers}
    best = max(offers, key=lambda offer: liking[offer])
    if not liking[best]:
        raise NotAcceptable(accept, offers)
    return best


def parsed(accept: str) -> dict[str, float]:
    """The quality of each media range."""
    ranges = {}
    for part in accept.split(","):
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        ranges[name] = weight(given.get("q", "1"))
    return ranges


def weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def quality(offer: str, ranges: dict[str, float]) -> float:
    """That of the range that fits the offer most closely; 0 for none."""
    for name in (offer, offer.partition("/")[0] + "/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0
