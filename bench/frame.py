"""The nine statistics as one writes them with pandas: a frame of all rows, filtered and grouped each time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from chalicelib.domain.dataset_description import Description

Answer = dict[Any, Any]
BEST_COUNT = 5


class Frame:
    """The loaded rows, a column for each role of the description. Questions are named by their text."""

    def __init__(self, csv: Path, description: Description) -> None:
        roles = {column: role for role, column in description.columns.items()}
        rows = pd.read_csv(csv, usecols=list(roles)).rename(columns=roles)
        for role, aliases in description.aliases.items():
            rows[role] = rows[role].replace(dict(aliases))
        self.rows = rows
        ids = dict(zip(rows["question"], rows["question_id"], strict=True))
        self._best = {
            text: description.best.get(name, description.best.get(text)) for text, name in ids.items()
        }

    def answer(self, statistic: str, question: str, state: str | None = None) -> Answer:
        compute: Callable[..., Answer] = getattr(self, statistic)
        return compute(question) if state is None else compute(question, state)

    def states_mean(self, question: str) -> Answer:
        return self._means(question).to_dict()

    def state_mean(self, question: str, state: str) -> Answer:
        return {state: self._of_state(question, state)["value"].mean()}

    def best5(self, question: str) -> Answer:
        return self._first5(question, ascending=self._best[question] == "lowest")

    def worst5(self, question: str) -> Answer:
        return self._first5(question, ascending=self._best[question] == "highest")

    def global_mean(self, question: str) -> Answer:
        return {"global_mean": self._of(question)["value"].mean()}

    def diff_from_mean(self, question: str) -> Answer:
        return (self._of(question)["value"].mean() - self._means(question)).to_dict()

    def state_diff_from_mean(self, question: str, state: str) -> Answer:
        whole, part = self._of(question)["value"].mean(), self._of_state(question, state)["value"].mean()
        return {state: whole - part}

    def mean_by_category(self, question: str) -> Answer:
        groups = self._of(question).groupby(["location", "category", "segment"])["value"]
        return {str(labels): mean for labels, mean in groups.mean().dropna().items()}

    def state_mean_by_category(self, question: str, state: str) -> Answer:
        groups = self._of_state(question, state).groupby(["category", "segment"])["value"]
        return {state: {str(labels): mean for labels, mean in groups.mean().dropna().items()}}

    def _of(self, question: str) -> pd.DataFrame:
        return self.rows[self.rows["question"] == question]

    def _of_state(self, question: str, state: str) -> pd.DataFrame:
        return self.rows[(self.rows["question"] == question) & (self.rows["location"] == state)]

    def _means(self, question: str, *, ascending: bool = True) -> "pd.Series[float]":
        means = self._of(question).groupby("location")["value"].mean().dropna()
        return means.sort_values(ascending=ascending, kind="stable")

    def _first5(self, question: str, *, ascending: bool) -> Answer:
        return self._means(question, ascending=ascending).head(BEST_COUNT).to_dict()
