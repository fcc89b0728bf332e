"""What a mean is called wherever a person meets it, and what its selection still mixes.

The nine statistics of the original average published cells alike: years, the whole population and every group
of it. They are no prevalence, and their bodies, which are frozen, have no place to say so.
"""

from collections.abc import Mapping

LABEL = "unweighted mean of the selected published cells"
# Statistics whose rows are groups, and those whose number is of all places.
BY_GROUP = ("mean_by_category", "state_mean_by_category")
OF_ALL_PLACES = ("global_mean", "diff_from_mean", "state_diff_from_mean")


def mixed(name: str, inputs: Mapping[str, str]) -> list[str]:
    """Return what a mean with these inputs averages alike although it differs."""
    mixes = []
    if name in OF_ALL_PLACES:
        mixes.append("places of every size (the nation and territories too)")
    if not inputs.get("years", "").isdecimal() and inputs.get("years") != "latest":
        mixes.append("the selected years" if "years" in inputs else "all years")
    if name not in BY_GROUP and "stratum" not in inputs:
        mixes.append(group_mixture(inputs))
    return mixes


def group_mixture(inputs: Mapping[str, str]) -> str:
    if "category" in inputs:
        return f"the groups of {inputs['category']}"
    return "the whole population and its overlapping groups"


def label(name: str, inputs: Mapping[str, str]) -> str:
    """Return the sentence that labels a mean with these inputs."""
    mixes = mixed(name, inputs)
    *first, last = mixes or [""]
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"{LABEL[0].upper()}{LABEL[1:]}" + (f"; it mixes {listed}." if listed else ".")
