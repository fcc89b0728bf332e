"""Chalice's matching of paths to routes, at a cost that does not grow with the number of routes."""

from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import parse_qs

from chalice.local import MatchResult, RouteMatcher


class Routes(RouteMatcher):
    """Compares a path only with routes of as many segments. Fixed segments precede variable ones."""

    def __init__(self, urls: Iterable[str]) -> None:
        super().__init__(list(urls))
        self._by_length = defaultdict[int, list[tuple[str, list[str]]]](list)
        for url in self.route_urls:
            segments = url.split("/")
            self._by_length[len(segments)].append((url, segments))

    def match_route(self, url: str) -> MatchResult:
        """Return the route of a path and query, with the values of its variables. Raises ValueError."""
        path, _, query = url.partition("?")
        segments = (path if path == "/" else path.removesuffix("/")).split("/")
        for route, names in self._by_length.get(len(segments), ()):
            both = zip(names, segments, strict=True)
            pairs = [pair for pair in both if pair[0].startswith("{") or pair[0] != pair[1]]
            if all(name.startswith("{") for name, _ in pairs):
                captured = {name[1:-1]: segment for name, segment in pairs}
                return MatchResult(route, captured, parse_qs(query, keep_blank_values=True) if query else {})
        raise ValueError(f"there is no route for {path}")
