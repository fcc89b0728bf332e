"""What schemathesis must be told to make up good requests: a format that OpenAPI has no name for."""

from datetime import datetime

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
