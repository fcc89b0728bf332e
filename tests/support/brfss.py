"""The published cells of the CDC's file, for tests that compute over all of it."""

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.shared import SHARED

if TYPE_CHECKING:
    import pandas as pd

BRFSS = SHARED / "data" / "brfss_full.csv.gz"
COLUMNS = {
    "QuestionID": "question",
    "LocationDesc": "location",
    "YearStart": "year",
    "StratificationCategory1": "category",
    "Stratification1": "stratum",
    "Data_Value": "value",
    "Low_Confidence_Limit": "low",
    "High_Confidence_Limit ": "high",
    "Sample_Size": "n",
}

needs_brfss = pytest.mark.skipif(not BRFSS.is_file(), reason=f"{BRFSS.name} of STATLINE_SHARED is not here")


@cache
def published_cells() -> "pd.DataFrame":
    """Each row that has a value, with the columns of COLUMNS."""
    import pandas as pd

    rows = pd.read_csv(BRFSS, usecols=list(COLUMNS)).rename(columns=COLUMNS)
    return rows.dropna(subset=["value", "category"]).reset_index(drop=True)


def whole_population() -> "pd.DataFrame":
    """The rows of the whole population, in the order of question, location and year."""
    cells = published_cells()
    return cells[cells["stratum"] == "Total"].sort_values(["question", "location", "year"])
