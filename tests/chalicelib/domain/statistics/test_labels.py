"""What a mean is called, and what its selection still mixes."""

import pytest

from chalicelib.domain.statistics.labels import label
from chalicelib.domain.statistics.registry import MEANS

LABEL = "Unweighted mean of the selected published cells"
GROUPS = "the whole population and its overlapping groups"
PLACES = "places of every size (the nation and territories too)"


@pytest.mark.parametrize(
    ("name", "inputs", "mixes"),
    [
        ("states_mean", {}, f"; it mixes all years and {GROUPS}."),
        ("state_mean", {"years": "2022"}, f"; it mixes {GROUPS}."),
        ("best5", {"years": "latest", "category": "Total"}, "; it mixes the groups of Total."),
        ("best5", {"years": "2021,2022", "stratum": "Female"}, "; it mixes the selected years."),
        ("best5", {"years": "2022", "stratum": "Female"}, "."),
        ("global_mean", {}, f"; it mixes {PLACES}, all years and {GROUPS}."),
        ("global_mean", {"years": "all", "stratum": "Total"}, f"; it mixes {PLACES} and the selected years."),
        ("mean_by_category", {}, "; it mixes all years."),
        ("state_mean_by_category", {"years": "2022"}, "."),
    ],
)
def test_label_names_what_the_selection_still_mixes(name: str, inputs: dict[str, str], mixes: str) -> None:
    assert label(name, inputs) == LABEL + mixes


@pytest.mark.parametrize("name", MEANS)
def test_description_of_every_mean_has_its_label(name: str) -> None:
    assert LABEL in MEANS[name].description
