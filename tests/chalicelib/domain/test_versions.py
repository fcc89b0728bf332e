"""The version of each statistic, pinned to the bytes of its results on the bundled sample."""

import hashlib

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import STATISTICS, compute_result
from chalicelib.errors import Unanswerable
from local.settings import DEFAULT_DESCRIPTION, SAMPLE

# Stored results are reused as long as the version is the same. A change of a result's bytes needs a new
# version of the statistic, and the new digest beside it here.
PINNED = {
    "states_mean": (1, "132c763fe9141a05872bb21c88352887"),
    "state_mean": (1, "ef54d2e0ed5512f9583c8b33bf395896"),
    "best5": (1, "ba3a74f4e4bedc12383f1d34458c4e11"),
    "worst5": (1, "5d2602b5980f6bfc05961be1046c2657"),
    "global_mean": (1, "9fe6350cdfef0383b7a4661a3751c904"),
    "diff_from_mean": (1, "dd90706740ed90c4a1cdd834a806a1b0"),
    "state_diff_from_mean": (1, "4ff2384e0059ce1bda9ab9f5365cd990"),
    "mean_by_category": (1, "2ca65edbaf6dd4b7d03a525ad1fc579f"),
    "state_mean_by_category": (1, "de07635bbd30bd8afd54d8f16fce2c25"),
}


@pytest.fixture(scope="module")
def sample() -> DataIngestor:
    return DataIngestor.from_csv(SAMPLE, Description.load(DEFAULT_DESCRIPTION))


def digest_of_results(data: DataIngestor, name: str) -> str:
    """Return a digest of the results for every question and state of the data set."""
    catalogue, digest = data.catalogue(), hashlib.sha256()
    states = catalogue["states"] if "state" in STATISTICS[name].parameters else [{"name": ""}]
    for question in catalogue["questions"]:
        for state in states:
            inputs = {"question": question["question"], "state": state["name"]}
            try:
                digest.update(compute_result(data, name, inputs) + b"\n")
            except Unanswerable as error:
                digest.update(type(error).__name__.encode() + b"\n")
    return digest.hexdigest()[:32]


@pytest.mark.parametrize("name", list(STATISTICS))
def test_bytes_of_results_change_only_with_the_version(sample: DataIngestor, name: str) -> None:
    assert name in PINNED, f"{name} has no pinned digest: write {digest_of_results(sample, name)}"
    assert (STATISTICS[name].version, digest_of_results(sample, name)) == PINNED[name]


def test_pinned_statistics_exist() -> None:
    assert PINNED.keys() == STATISTICS.keys()
