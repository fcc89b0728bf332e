"""The page's plots, as SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.servers import KINDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]

WIDTH, HEIGHT = 6.0, 4.0  # inches
STYLE: Any = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.alpha": 0.3,
    "svg.fonttype": "none",
    "svg.hashsalt": "statline",  # else its ids are new in every run
}


def draw(run: Mapping[str, Any], folder: Path) -> None:
    """Write each plot of the page to `folder`."""
    import matplotlib as mpl

    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        for name, plot in (("throughput", throughput), ("statistics", statistics), ("ingest", ingest)):
            figure = plot(run)
            # Neither date nor version: the same figures give the same file.
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})


def throughput(run: Mapping[str, Any]) -> "Figure":
    figure, (axes,) = panels(1)
    for kind in KINDS:
        rows = [row for row in run["round_trips"] if row["server"] == kind]
        line(axes, rows, "clients", "jobs_per_s", kind)
    finish(axes, "clients", "jobs a second")
    clients = sorted({row["clients"] for row in run["round_trips"]})
    axes.set_xticks(clients, [str(count) for count in clients], minor=False)
    return figure


def statistics(run: Mapping[str, Any]) -> "Figure":
    """For cube and frame, the statistics' range and the line of their middle."""
    figure, (axes,) = panels(1)
    sizes = sorted({row["rows"] for row in run["statistics"]})
    for column, label in (("cube_us", "cube"), ("pandas_us", "pandas")):
        times = [
            sorted(row[column] / 1000 for row in run["statistics"] if row["rows"] == rows) for rows in sizes
        ]
        middle = axes.plot(sizes, [some[len(some) // 2] for some in times], marker="o", label=label)
        low, high = [some[0] for some in times], [some[-1] for some in times]
        axes.fill_between(sizes, low, high, alpha=0.15, color=middle[0].get_color())
    finish(axes, "rows", "ms: middle and range of the nine statistics")
    return figure


def ingest(run: Mapping[str, Any]) -> "Figure":
    figure, (times, peaks) = panels(2)
    for engine in dict.fromkeys(row["engine"] for row in run["ingest"]):
        rows = [row for row in run["ingest"] if row["engine"] == engine]
        line(times, rows, "rows", "seconds", engine)
        line(peaks, rows, "rows", "peak_mb", engine)
    finish(times, "rows", "seconds")
    finish(peaks, "rows", "peak memory, MB")
    return figure


def panels(count: int) -> tuple["Figure", list["Axes"]]:
    # Without pyplot: that keeps figures for ever, and looks for a display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH * count, HEIGHT), layout="constrained")
    return figure, [figure.add_subplot(1, count, place + 1) for place in range(count)]


def line(axes: "Axes", rows: Sequence[Row], x: str, y: str, label: str) -> None:
    axes.plot([row[x] for row in rows], [row[y] for row in rows], marker="o", label=label)


def finish(axes: "Axes", x: str, y: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    axes.legend()
