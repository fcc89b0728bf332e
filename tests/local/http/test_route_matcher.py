"""Routes finds what Chalice's own matcher finds."""

import pytest
from chalice.local import RouteMatcher
from hypothesis import given
from hypothesis import strategies as st

from local.http.route_matcher import Routes

URLS = [
    "/",
    "/jobs",
    "/jobs/{job_id}",
    "/jobs/{job_id}/results",
    "/api/{statistic}",
    "/api/jobs",
    "/api/x/{y}",
]
SEGMENTS = st.sampled_from(["jobs", "api", "x", "results", "job_id_1", "", "{job_id}", "%C3%A9"])


@given(st.lists(SEGMENTS, max_size=4), st.sampled_from(["", "?", "?a=1&a=&b", "?a=/jobs"]))
def test_path_matches_the_route_that_chalice_finds(segments: list[str], query: str) -> None:
    url = "/" + "/".join(segments) + query
    if url.startswith("//"):  # refused before it is matched
        return
    try:
        expected = RouteMatcher(URLS).match_route(url)
    except ValueError:
        with pytest.raises(ValueError, match="no route"):
            Routes(URLS).match_route(url)
    else:
        matched = Routes(URLS).match_route(url)
        assert (matched.route, matched.query_params) == (expected.route, expected.query_params)
        # Chalice's may keep a variable of a route that it compared before.
        assert matched.captured.items() <= expected.captured.items()
        assert len(matched.captured) == expected.route.count("{")
