"""The unit of a data set's values, and the scale on which their limits are symmetric."""

from dataclasses import dataclass

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.inference.normal import two_sided_quantile

WHOLES = {"%": 100.0, "proportion": 1.0}
USUAL_LEVEL = 0.95


@dataclass(frozen=True)
class Unit:
    """The unit of values that are published in steps of 10**-decimals.

    `whole` is 100 for percentages, 1 for proportions and None for others. `curve` is the whole where limits
    are symmetric on the logit scale, and None where they are on the linear one.
    """

    name: str
    decimals: int
    whole: float | None
    curve: float | None
    level: float
    z: float

    @classmethod
    def of(cls, description: Description, decimals: int) -> "Unit":
        level = float(description.interval.get("level", USUAL_LEVEL))
        whole = WHOLES.get(description.unit)
        curve = whole if description.interval.get("scale") == "logit" else None
        return cls(description.unit, decimals, whole, curve, level, two_sided_quantile(level))

    def exact(self, steps: int) -> float:
        """Return the correctly rounded number of published steps."""
        return float(steps / 10**self.decimals)

    @property
    def step(self) -> float:
        return self.exact(1)

    @property
    def interval(self) -> str:
        """The words for the intervals: `logit, 95 %`."""
        return f"{'linear' if self.curve is None else 'logit'}, {self.percent}"

    @property
    def percent(self) -> str:
        return f"{self.level * 100:g} %"

    def show(self, number: float) -> str:
        """Return a value as a sentence has it: `38.1 %`."""
        return f"{self.digits(number)} {self.name}".rstrip() if self.whole != 1 else self.digits(number)

    def show_difference(self, number: float, more: int = 0) -> str:
        """Return the size of a difference: `8.5 points`."""
        digits = self.digits(abs(number), more)
        if self.name == "%":
            return f"{digits} points"
        return digits if self.whole == 1 else f"{digits} {self.name}".rstrip()

    def digits(self, number: float, more: int = 0) -> str:
        text = f"{number:.{min(self.decimals, 4) + more}f}"
        return text.removeprefix("-") if not text.strip("-0.") else text
