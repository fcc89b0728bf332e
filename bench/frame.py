"""The nine statistics as one writes them with pandas: a frame of all rows, filtered and grouped each time."""

from pathlib import Path
from typing import Any

import pandas as pd

from chalicelib.domain.dataset_description import Description

Result = dict[Any, Any]
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
            text: description.best.get(id_, description.best.get(text)) for text, id_ in ids.items()
        }

    def compute(self, statistic: str, question: str, *state: str) -> Result:
        rows = self.rows[self.rows["question"] == question]
        return getattr(self, statistic)(rows, question, *state)  # type: ignore[no-any-return] # getattr is untyped: each of the nine methods returns this

    def states_mean(self, rows: pd.DataFrame, question: str) -> Result:
        return means(rows).to_dict()

    def state_mean(self, rows: pd.DataFrame, question: str, state: str) -> Result:
        return {state: of_state(rows, state)["value"].mean()}

    def best5(self, rows: pd.DataFrame, question: str) -> Result:
        return means(rows, ascending=self._best[question] == "lowest").head(BEST_COUNT).to_dict()

    def worst5(self, rows: pd.DataFrame, question: str) -> Result:
        return means(rows, ascending=self._best[question] == "highest").head(BEST_COUNT).to_dict()

    def global_mean(self, rows: pd.DataFrame, question: str) -> Result:
        return {"global_mean": rows["value"].mean()}

    def diff_from_mean(self, rows: pd.DataFrame, question: str) -> Result:
        return (rows["value"].mean() - means(rows)).to_dict()

    def state_diff_from_mean(self, rows: pd.DataFrame, question: str, state: str) -> Result:
        return {state: rows["value"].mean() - of_state(rows, state)["value"].mean()}

    def mean_by_category(self, rows: pd.DataFrame, question: str) -> Result:
        groups = rows.groupby(["location", "category", "segment"])["value"].mean().dropna()
        return {str(labels): mean for labels, mean in groups.items()}

    def state_mean_by_category(self, rows: pd.DataFrame, question: str, state: str) -> Result:
        groups = of_state(rows, state).groupby(["category", "segment"])["value"].mean().dropna()
        return {state: {str(labels): mean for labels, mean in groups.items()}}


def of_state(rows: pd.DataFrame, state: str) -> pd.DataFrame:
    return rows[rows["location"] == state]


def means(rows: pd.DataFrame, *, ascending: bool = True) -> "pd.Series[float]":
    means = rows.groupby("location")["value"].mean().dropna()
    return means.sort_values(ascending=ascending, kind="stable")
