"""The content of a page for an error: what is wrong, and ways on."""

from collections.abc import Mapping

from chalicelib.web.markup import Html, element, joined
from chalicelib.web.pages import Site


def problem_content(site: Site, detail: str, suggestions: Mapping[str, str] | None = None) -> Html:
    """Return the sentence of an error, and links to addresses by the names that it suggests."""
    names = suggestions or {}
    links = [element("li", element("a", name, href=href, dir="auto")) for name, href in names.items()]
    return joined(
        (
            element("p", detail, role="alert", dir="auto"),
            [element("h2", "Did you mean"), element("ul", links)] if links else None,
            element("p", site.anchor("/explore", "Ask on the Explore page")),
        )
    )
