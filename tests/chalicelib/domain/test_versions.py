"""The version of each statistic, pinned to the bytes of its results on the bundled sample."""

import hashlib
from collections.abc import Iterator

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import MEANS, STATISTICS, compute_result
from chalicelib.errors import Unanswerable
from local.settings import DEFAULT_DESCRIPTION, SAMPLE

# Stored results are reused as long as the version is the same. A change of a result's bytes needs a new
# version of the statistic, and the new digest beside it here.
PINNED = {
    "states_mean": (1, "0aceb8cd73bd52b40a1019ce67bfb7bb"),
    "state_mean": (1, "11ccfad154f6327480d7a2e64947dd8c"),
    "best5": (1, "710e171a7794a90c319db41978bd9b80"),
    "worst5": (1, "bdcc74ca72a9a1bcfcab7fdaa8f3915a"),
    "global_mean": (1, "c283e3d46a4f7ac02c865ba6ee404a50"),
    "diff_from_mean": (1, "d32f516becdb6852940a5eabe7c63ef5"),
    "state_diff_from_mean": (1, "32285a5fc81f4c868c237aef895b48e1"),
    "mean_by_category": (1, "cd34661f616661f7ce1d33c50f890d69"),
    "state_mean_by_category": (1, "38dba41ee2a6af07a9bebbc278e177c9"),
    "cells": (1, "bf9a24a3cd7725992f33618a9eef4c8a"),
    "estimate": (1, "087395f4959634dfcb3ef00e0c942318"),
    "compare": (1, "1f5837f48d9fa9801390ba1cf20b82b1"),
    "trend": (1, "1d41125c4a497acfdb3f21d62eb85b98"),
    "ranking": (1, "6413ae83fe2778b761c3d40f03f7fe59"),
    "benchmark": (1, "7f44bec6a71e05783f538077af895b17"),
    "disparity": (1, "2df422464fb3a46acc2f0d0452cd9ec6"),
    "age_standardised": (1, "6f20291862cf47565023afe6ede684b9"),
    "estimands": (1, "3b57333c9597600864c57ca68300d1fb"),
}

# Inputs that a statistic needs besides.
MORE = {"compare": {"versus_years": "2015"}, "disparity": {"category": "Income"}}


@pytest.fixture(scope="module")
def sample() -> DataIngestor:
    return DataIngestor.from_csv(SAMPLE, Description.load(DEFAULT_DESCRIPTION))


def questions_of(data: DataIngestor, name: str) -> Iterator[dict[str, str]]:
    """Yield inputs for every question, and for every state: of estimates, which take longer, for some."""
    catalogue, entry = data.catalogue(), STATISTICS[name]
    states = [state["name"] for state in catalogue["states"]][:: 1 if name in MEANS else 7]
    for question in catalogue["questions"]:
        inputs = {"question": question["question"], **MORE.get(name, {})}
        if "state" not in entry.parameters:
            yield inputs
        if "state" in (*entry.parameters, *entry.optional):
            yield from (inputs | {"state": state} for state in states)


def digest_of_results(data: DataIngestor, name: str) -> str:
    digest = hashlib.sha256()
    for inputs in questions_of(data, name):
        try:
            digest.update(compute_result(data, name, inputs, "") + b"\n")
        except Unanswerable as error:
            digest.update(type(error).__name__.encode() + b"\n")
    return digest.hexdigest()[:32]


@pytest.mark.parametrize("name", list(STATISTICS))
def test_bytes_of_results_change_only_with_the_version(sample: DataIngestor, name: str) -> None:
    assert name in PINNED, f"{name} has no pinned digest: write {digest_of_results(sample, name)}"
    assert (STATISTICS[name].version, digest_of_results(sample, name)) == PINNED[name]


def test_pinned_statistics_exist() -> None:
    assert PINNED.keys() == STATISTICS.keys()
