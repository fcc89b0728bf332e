"""Figures: a published cell, or a mean of several, with its uncertainty and its reliability."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

from chalicelib.domain.inference.intervals import derived_interval, standard_error
from chalicelib.domain.inference.pooling import pool, precisions
from chalicelib.domain.inference.reliability import Reliability, assess, is_presentable
from chalicelib.domain.measures import CellKey, Measure
from chalicelib.domain.published.selection import named
from chalicelib.domain.published.unit import Unit
from chalicelib.errors import NoSampleSize, NoStandardError

Limits = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """An estimate of `cells` published ones; `interval` is the published one of a single cell."""

    unit: Unit
    rule: str
    label: str
    value: float
    se: float | None
    interval: Limits | None
    n: int | None
    cells: int = 1

    @property
    def known_se(self) -> float:
        """The standard error. Raises NoStandardError, which names the cell."""
        if self.se is None:
            raise NoStandardError(
                f"{self.label}: its published limits are missing, equal or reversed, "
                "so it has no standard error"
            )
        return self.se

    @cached_property
    def reliability(self) -> Reliability:
        return assess(self.rule, self.value, self.se, self.n, self.unit.whole)

    @cached_property
    def presentable(self) -> bool | None:
        """Whether the rule lets it be shown; None where nothing was assessed."""
        return is_presentable(self.rule, self.value, self.se, self.n, self.unit.whole)

    @property
    def coarse(self) -> bool:
        """Whether the rounding of its limits may change its standard error by more than a tenth."""
        # A step more tells widths of ten steps from less, whatever the subtraction rounds.
        return self.width is not None and 0 < self.width < 9.5 * self.unit.step

    @property
    def inconsistent(self) -> bool:
        """Whether the published value is outside its limits."""
        return self.interval is not None and not self.interval[0] <= self.value <= self.interval[1]

    @property
    def at_end(self) -> bool:
        """Whether the value or a limit is 0 % or 100 %: ratios of it are meaningless."""
        numbers = (self.value, *(self.interval or ()))
        return not all(0 < number < (self.unit.whole or inf) for number in numbers)

    @property
    def width(self) -> float | None:
        return None if self.interval is None else self.interval[1] - self.interval[0]

    def reliability_document(self) -> dict[str, Any]:
        verdict = self.reliability
        document: dict[str, Any] = {"presentable": verdict.presentable, "reasons": list(verdict.reasons)}
        if verdict.effective_n is None or verdict.korn_graubard is None:
            return document
        document |= {
            "complement_unreliable": verdict.complement_unreliable,
            "effective_n": verdict.effective_n,
            "korn_graubard": list(verdict.korn_graubard),
        }
        return document | ({"review": verdict.review} if verdict.review else {})

    def document(self) -> dict[str, Any]:
        """Return what an answer says of an estimate, but for the selection and the reliability."""
        return {
            "estimate": self.value,
            "se": self.se,
            "interval": None if self.interval is None else list(self.interval),
            "interval_is": "published" if self.cells == 1 else "derived",
            "n": self.n,
            "cells": self.cells,
        }


def figure_of(unit: Unit, rule: str, key: CellKey, cell: Measure) -> Figure:
    """Return the figure of a cell. Raises ValueError for a cell without a value."""
    if cell.value is None:
        raise ValueError(f"{named(key)} has no value")
    value = unit.exact(cell.value)
    low, high = (None if steps is None else unit.exact(steps) for steps in (cell.low, cell.high))
    se = standard_error(value, low, high, unit.curve, unit.z)
    interval = None if low is None or high is None else (low, high)
    return Figure(unit, rule, named(key), value, se, interval, cell.n)


def equal(figures: Sequence[Figure]) -> list[float]:
    return [1.0] * len(figures)


def by_sample_size(figures: Sequence[Figure]) -> list[float]:
    """Return the sample sizes. Raises NoSampleSize, which names the first figure without one."""
    for figure in figures:
        if not figure.n:
            raise NoSampleSize(f"{figure.label}: published without a sample size, which these weights need")
    return [float(figure.n or 0) for figure in figures]


def by_precision(figures: Sequence[Figure]) -> list[float]:
    """Return the inverse variances. Raises NoStandardError."""
    return precisions([figure.known_se for figure in figures])


WEIGHTS: Mapping[str, Callable[[Sequence[Figure]], list[float]]] = {
    "equal": equal,
    "sample_size": by_sample_size,
    "precision": by_precision,
}


def pooled(figures: Sequence[Figure], weights: str, label: str) -> Figure:
    """Return the weighted mean of figures; a single one is itself, as published."""
    first, *others = figures
    ratios = WEIGHTS[weights](figures)
    if not others:
        return first
    unit = first.unit
    mean = pool([figure.value for figure in figures], [figure.se for figure in figures], ratios)
    interval = None if mean.se is None else derived_interval(mean.estimate, mean.se, unit.curve, unit.z)
    sizes = [figure.n for figure in figures if figure.n is not None]
    n = sum(sizes) if len(sizes) == len(figures) else None
    return Figure(unit, first.rule, label, mean.estimate, mean.se, interval, n, len(figures))
