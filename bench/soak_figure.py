"""The figure of a soak: what should stay level, over time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

# Title, unit, and the fields of a sample with the names of their lines.
PANELS = (
    ("Jobs answered", "a second", {"jobs_a_second": ""}),
    ("From question to answer", "ms", {"p50_ms": "p50", "p99_ms": "p99"}),
    ("Memory (resident)", "MB", {"memory_mb": ""}),
    ("Descriptors and threads", "", {"descriptors": "descriptors", "threads": "threads"}),
    ("Files in results/", "", {"results": ""}),
    ("Journal and logs", "MB", {"journal_mb": "journal", "logs_mb": "logs"}),
)


def draw(samples: Sequence[Any], path: Path) -> None:
    """Write an SVG; the same samples give the same bytes."""
    mpl.rcParams["svg.hashsalt"], mpl.rcParams["svg.fonttype"] = "soak", "none"
    figure = Figure(figsize=(9, 8), layout="constrained")
    minutes = [one.minutes for one in samples]
    for axes, (title, unit, lines) in zip(figure.subplots(3, 2, sharex=True).flat, PANELS, strict=True):
        for name, label in lines.items():
            axes.plot(minutes, [getattr(one, name) for one in samples], linewidth=1, label=label)
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_ylabel(unit)
        axes.margins(y=0.1)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        if len(lines) > 1:
            axes.legend(frameon=False, fontsize=8)
    figure.supxlabel("minutes", fontsize=9)
    last = samples[-1]
    figure.suptitle(f"{last.jobs:,} jobs, {last.errors} answered wrong or not at all", fontsize=11)
    figure.savefig(path, format="svg", metadata={"Date": None})
