"""What the original's mean is of, beside means of the whole population."""

import pytest

from chalicelib.domain.statistics.estimands import estimands
from chalicelib.domain.statistics.means import global_mean, state_mean
from tests.support.published import QUESTION, ROWS, codes, ingest, row

DATA = ingest()
TOTALS = [20 + 3 * i + slope * year for i, slope in enumerate((0, 1, 2, -1, 0, 3)) for year in range(5)]


def test_mean_of_cells_is_that_of_the_original() -> None:
    answer = estimands(DATA, {"question": "Q1"})
    of_state = estimands(DATA, {"question": "Q1", "state": "Ash"})

    assert answer["cells_mean"]["estimate"] == pytest.approx(global_mean(DATA, QUESTION)[0][0], abs=1e-6)
    assert answer["cells_mean"]["difference"] == 0.0
    assert answer["cells_mean"]["cells"] == sum(not line.endswith(",,,,") for line in ROWS)
    assert of_state["cells_mean"]["estimate"] == pytest.approx(
        state_mean(DATA, QUESTION, "Ash")[0][1], abs=1e-6
    )


def test_whole_population_rows_are_those_of_the_states() -> None:
    answer = estimands(DATA, {"question": "Q1"})

    mean, total = answer["cells_mean"]["estimate"], answer["total_rows_mean"]
    assert (total["cells"], total["estimate"]) == (30, pytest.approx(sum(TOTALS) / 30, abs=1e-6))
    assert total["difference"] == pytest.approx(total["estimate"] - mean, abs=2e-6)
    assert answer["latest_year"]["estimate"] == pytest.approx((20 + 27 + 34 + 25 + 32 + 47) / 6, abs=1e-6)
    assert (answer["latest_year"]["year"], answer["latest_year"]["cells"]) == (2022, 6)
    assert "average-of-states" in codes(answer)


def test_all_years_by_name_are_all_years() -> None:
    for inputs in ({"question": "Q1"}, {"question": "Q1", "state": "Ash"}):
        assert estimands(DATA, inputs | {"years": "all"}) == estimands(DATA, inputs)


def test_years_restrict_every_mean() -> None:
    answer = estimands(DATA, {"question": "Q1", "state": "Cedar", "years": "2018-2019"})

    assert answer["cells_mean"] == {"estimate": 27.0, "cells": 2, "difference": 0.0}
    assert answer["latest_year"] == {"estimate": 28.0, "cells": 1, "difference": 1.0, "year": 2019}


def test_mean_whose_weights_are_unknown_is_null() -> None:
    data = ingest([row("Ash", 2021, 20, 20, 20, 900), row("Ash", 2022, 30, 28, 32.1)])

    answer = estimands(data, {"question": "Q1", "state": "Ash"})

    assert answer["total_rows_mean"]["estimate"] == 25.0
    for name in ("total_rows_by_precision", "total_rows_by_sample_size"):
        assert answer[name] == {"estimate": None, "cells": 2, "difference": None}
