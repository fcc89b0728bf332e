"""A statistic: what the registry says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Statistic:
    """A named function from a data set and inputs to a result; `optional` inputs may be absent.

    A mean computes rows: `labels` says what the labels of a row are, `measure` what its number is. An
    estimate has no `measure` and computes a document, JSON values that fit `output_schema`; `rows` names the
    member that holds its rows, if it has some. A `version` grows when results change.
    """

    name: str
    compute: Callable[..., Any]
    parameters: tuple[str, ...]
    labels: tuple[str, ...]
    measure: str
    title: str
    description: str
    optional: tuple[str, ...] = ()
    rows: str = ""
    version: int = 1

    @property
    def output_schema(self) -> Mapping[str, Any]:
        """The JSON Schema of an estimate's document; empty for a mean."""
        # Imported when needed: a request for a number does without.
        from chalicelib.domain.published.answer_schemas import ANSWERS

        return ANSWERS.get(self.name, {})

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of all inputs, required ones first."""
        return self.parameters + self.optional

    @property
    def method(self) -> str:
        """The id of the method: name and version."""
        return f"{self.name}/{self.version}"

    @property
    def computes_rows(self) -> bool:
        """Whether the statistic is a mean, whose frozen JSON is rendered from rows."""
        return bool(self.measure)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a mean's result as a table."""
        return (*self.labels, self.measure)

    @property
    def nested(self) -> bool:
        """Whether the frozen JSON is an object of objects: the numbers of one state lie under its name."""
        return len(self.labels) > 1 and "state" in self.parameters
