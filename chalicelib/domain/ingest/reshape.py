"""The steps from the rows of a file to rows that have a column for each role."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from chalicelib.domain.dataset_description import TOTAL, Description
from chalicelib.domain.ingest.accumulator import Column
from chalicelib.domain.ingest.table import Table, constant, having, joined
from chalicelib.domain.shape.roles import MOLTEN, names_of
from chalicelib.domain.shape.tallies import tally
from chalicelib.domain.shape.texts import tidy

# What happens to a text that a regular expression of the description does not match: column, text, rows.
Refuse = Callable[[str, str, Table], None]


class Reshape:
    """Applies a description to tables; `tallies` counts the rows of what may be a mistake.

    `value_columns` are the columns to melt, each with its label. Roles of `roles` are filled.
    """

    def __init__(
        self, description: Description, roles: frozenset[str], value_columns: Mapping[str, str]
    ) -> None:
        self._description, self._roles, self._value_columns = description, roles, value_columns
        self._patterns = {column: re.compile(text) for column, text in description.extract.items()}
        self._marks = {"", *description.read.get("na_values", ())}
        self.tallies: Counter[str] = Counter()

    def tables(self, table: Table, refuse: Refuse) -> Iterator[Table]:
        """Cut a table of columns into tables of roles."""
        table = self._kept(table)
        for part in self._molten(table):
            named = self._named(part)
            for column, pattern in self._patterns.items():
                named = self._extracted(named, column, pattern, refuse)
            for pivoted in self._pivoted(named):
                yield self._grouped(pivoted)

    def _kept(self, table: Table) -> Table:
        """Return the rows that have a text of every `keep` and none of any `drop`."""
        for key, columns in (("keep", self._description.keep), ("drop", self._description.drop)):
            wanted = np.ones(len(table.rows), np.bool_)
            for name, texts in columns.items():
                for text in texts:
                    self.tallies[tally(key, name, text)] += int(
                        having(table.columns[name], [tidy(text)]).sum()
                    )
                found = having(table.columns[name], [*map(tidy, texts)])
                wanted &= found if key == "keep" else ~found
            table = table.where(wanted)
        return table

    def _molten(self, table: Table) -> Iterator[Table]:
        """Yield the rows once for each column that is melted."""
        if not self._description.melt:
            yield table
        for name, label in self._value_columns.items():
            column, role = table.columns[name], self._description.melt["var_name"]
            with_label = table.having({role: constant(label, len(table.rows))}, name)
            with_value = with_label._replace(columns={**table.columns, MOLTEN: column})
            yield with_value if MOLTEN in self._patterns else with_value.having({MOLTEN: column}, name)

    def _named(self, table: Table) -> Table:
        """Return the table with the roles of columns and constants."""
        for role, names in self._description.columns.items():
            if role in self._roles:
                columns = [table.columns[name] for name in names_of(names)]
                table = table.having({role: joined(columns)}, ", ".join(names_of(names)))
        for role, text in self._description.constants.items():
            table = table.having({role: constant(text, len(table.rows))}, role)
        return table

    def _extracted(self, table: Table, name: str, pattern: re.Pattern[str], refuse: Refuse) -> Table:
        """Return the table with the roles that a pattern finds in the texts of a column."""
        column = table.columns[name]
        used = set(np.unique(column.codes).tolist())
        groups: list[Mapping[str, str | None]] = []
        for code, text in enumerate(map(tidy, column.texts)):
            match = pattern.search(text)
            groups.append(match.groupdict() if match else {})
            if not match and code in used and text not in self._marks:
                refuse(name, text, table._replace(rows=table.rows[column.codes == code]))
        roles = {
            role: Column(column.codes, [found.get(role) or "" for found in groups])
            for role in pattern.groupindex
        }
        return table.having(roles, name)

    def _pivoted(self, table: Table) -> Iterator[Table]:
        """Yield the rows of each measure, where the measures of a cell are rows."""
        pivot = self._description.pivot
        if not pivot:
            yield table
            return
        for role, text in pivot.items():
            if role != "column":
                found = having(table.columns[pivot["column"]], [tidy(text)])
                self.tallies[tally("pivot", pivot["column"], text)] += int(found.sum())
                rows = table.where(found)
                source, value = rows.sources["value"], rows.roles["value"]
                others = {name: column for name, column in rows.roles.items() if name != "value"}
                yield rows._replace(roles=others).having({role: value}, source)

    def _grouped(self, table: Table) -> Table:
        """Return the rows of everybody, and of the groups of one dimension, with category and segment."""
        dimensions = self._description.dimensions
        if not dimensions:
            return table
        for name, whole in dimensions.items():
            found = having(table.columns[name], [tidy(whole)])
            self.tallies[tally("whole", name, whole)] += int(found.sum())
        split = np.array(
            [~having(table.columns[name], ["", tidy(whole)]) for name, whole in dimensions.items()]
        )
        several = split.sum(axis=0) > 1
        self.tallies[tally("dimensions", *dimensions)] += int(several.sum())
        table, split = table.where(~several), split[:, ~several]
        categories, segments = np.zeros(len(table.rows), np.int64), np.zeros(len(table.rows), np.int64)
        texts = [TOTAL]
        for place, (name, mask) in enumerate(zip(dimensions, split, strict=True), 1):
            column = table.columns[name]
            categories[mask], segments[mask] = place, column.codes[mask] + len(texts)
            texts += column.texts
        roles = {"category": Column(categories, [TOTAL, *dimensions]), "segment": Column(segments, texts)}
        return table.having(roles, " and ".join(dimensions))


def value_columns(description: Description, header: Sequence[str]) -> dict[str, str]:
    """Return the columns that the description melts, each with the label of its rows."""
    melt = description.melt
    if not melt:
        return {}
    names = [tidy(name) for name in melt["value_vars"]] if "value_vars" in melt else [*header]
    if "match" not in melt:
        return {name: name for name in names}
    matches = {name: re.search(melt["match"], name) for name in names}
    return {name: (match[1] or "") if match.re.groups else name for name, match in matches.items() if match}
