"""Formats that OpenAPI has no name for, so that schemathesis can generate valid requests."""

from datetime import datetime
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0).isoformat() + "Z"
)


def interval(ends: tuple[str, str]) -> str:
    return "/".join(sorted(ends))


schemathesis.openapi.format(
    "interval",
    st.one_of(
        MOMENTS,
        st.tuples(MOMENTS, MOMENTS).map(interval),
        MOMENTS.map("{}/..".format),
        MOMENTS.map("../{}".format),
    ),
)
YEAR = st.integers(2018, 2022).map(str)
schemathesis.openapi.format(
    "years", st.sampled_from(["latest", "all", "2018-2020", "2019,2021-2022", "1999"]) | YEAR
)
schemathesis.openapi.format("data-url", st.sampled_from(["data:,2021", "data:;base64,MjAyMQ=="]))
# A key that came before belongs to another request.
schemathesis.openapi.format("idempotency-key", st.builds(uuid4).map(str))
# Names that lead nowhere, by the RFC that keeps them free.
schemathesis.openapi.format(
    "callback", st.sampled_from(["http://a.invalid/", "https://a.b.invalid:8443/c?d=e"])
)
