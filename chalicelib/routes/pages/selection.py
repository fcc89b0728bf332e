"""What the address of the Explore page asks: a statistic and its inputs, with what it leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.domain.statistics.statistic import Statistic
from chalicelib.errors import InvalidRequest

# What the page shows first, and where the data have no limits.
USUAL, WITHOUT_LIMITS = "ranking", "states_mean"
# The page's own defaults, which are no inputs of a job.
DEFAULTS = {"areas": "states"}
# More areas than these have no joint ranks: their published values are shown instead.
MOST_RANKED = 400
# Statistics that take a category whose groups they show; the others need one group.
OF_ALL_GROUPS = ("cells", "disparity")
NEEDED = {"state": "an area", "category": "a group", "question": "a question"}


@dataclass(frozen=True)
class Selection:
    """The values of the form by their names, and the job that they ask for."""

    values: Mapping[str, str]
    statistic: Statistic
    inputs: Mapping[str, str]

    def require_inputs(self) -> None:
        """Raise InvalidRequest for a required input that is not chosen yet."""
        if missing := [name for name in self.statistic.parameters if name not in self.inputs]:
            what = " and ".join(NEEDED.get(name, name) for name in missing)
            raise InvalidRequest(f"{self.statistic.title} needs {what}: choose it above")


def selection(query: Mapping[str, str], catalogue: Catalogue) -> Selection:
    """Return the selection of a query, as the page's script completes it."""
    values = {name: value for name, value in query.items() if value.strip()}
    for first in catalogue["questions"][:1]:
        values.setdefault("question", first["id"] or first["question"])
    if values.get("statistic") not in STATISTICS:
        values["statistic"] = default_statistic(catalogue)
    statistic = STATISTICS[values["statistic"]]
    strata = strata_of(values.get("category", ""), catalogue)
    if len(strata) > 1 and statistic.name not in OF_ALL_GROUPS and not statistic.computes_rows:
        values.setdefault("stratum", strata[0])
    if statistic.name == "ranking" and len(areas_of(catalogue)) > MOST_RANKED:
        return Selection(values, STATISTICS["cells"], published(values, strata, catalogue))
    chosen = {name: values[name] for name in statistic.inputs if name in values}
    inputs = {name: value for name, value in chosen.items() if value != DEFAULTS.get(name)}
    return Selection(values, statistic, inputs)


def default_statistic(catalogue: Catalogue) -> str:
    """Return the statistic that the page shows first. A catalogue of before does not say whether it can."""
    return USUAL if catalogue.get("interval") else WITHOUT_LIMITS


def published(values: Mapping[str, str], strata: list[str], catalogue: Catalogue) -> dict[str, str]:
    """Return the inputs of the published values of one group, the whole population by default."""
    category, stratum = values.get("category"), values.get("stratum")
    group = dict(catalogue.get("whole") or {})
    if category or stratum:
        own = {"category": category, "stratum": stratum or next(iter(strata), None)}
        group = {name: value for name, value in own.items() if value}
    return {"question": values["question"], "years": values.get("years", "latest"), **group}


def strata_of(category: str, catalogue: Catalogue) -> list[str]:
    """Return the names of a category's strata; none for an unknown one."""
    entries = (
        entry
        for entry in catalogue.get("categories", ())
        if category == entry["name"] or category in entry["aliases"]
    )
    return [stratum["name"] for stratum in next(entries, {"strata": ()})["strata"]]


def areas_of(catalogue: Catalogue) -> list[str]:
    """Return the names of the areas, without the nation."""
    return [state["name"] for state in catalogue["states"] if state["name"] != catalogue.get("national")]
