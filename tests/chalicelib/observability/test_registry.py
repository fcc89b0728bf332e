"""Counters, gauges, histograms: counted by many threads, bounded, read by Prometheus's own parser."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from chalicelib.observability.registry import MOST_SERIES, OTHER, Counter, Gauge, Histogram, Metric, Registry


def parsed(*metrics: Metric) -> dict[str, float]:
    """Each sample of the text, as Prometheus would read it."""
    registry = Registry()
    for metric in metrics:
        registry.add(metric)
    families = list(text_string_to_metric_families(registry.text()))
    assert [family.type for family in families] == [metric.kind for metric in metrics]
    assert [family.documentation for family in families] == [metric.meaning for metric in metrics]
    return {
        f"{one.name}{sorted(one.labels.items())}": one.value for family in families for one in family.samples
    }


def test_a_counter_counts_by_labels() -> None:
    """And one without labels is there from the start."""
    plain, labelled = Counter("a_total", "A."), Counter("b_total", "B.", ["x", "y"])
    labelled.add("1", "2")
    labelled.add("1", "2", amount=3)
    labelled.add("2", "1")
    assert parsed(plain, labelled) == {
        "a_total[]": 0,
        "b_total[('x', '1'), ('y', '2')]": 4,
        "b_total[('x', '2'), ('y', '1')]": 1,
    }


def test_a_gauge_is_as_it_is_now() -> None:
    """Set, or moved up and down."""
    gauge = Gauge("g", "G.")
    gauge.set(7)
    gauge.add(amount=-2)
    assert parsed(gauge) == {"g[]": 5}


@given(st.lists(st.floats(0, 100)), st.lists(st.floats(0, 100), min_size=1, max_size=5, unique=True))
def test_a_histogram_counts_what_is_at_most_each_bound(values: list[float], bounds: list[float]) -> None:
    """Cumulative, with number and sum."""
    histogram = Histogram("h", "H.", bounds=bounds)
    for value in values:
        histogram.observe(value)
    read = parsed(histogram)
    for bound in bounds:
        assert read[f"h_bucket[('le', '{bound}')]"] == sum(value <= bound for value in values)
    assert read["h_bucket[('le', '+Inf')]"] == read["h_count[]"] == histogram.count() == len(values)
    assert math.isclose(read["h_sum[]"], sum(values), abs_tol=1e-9)


@given(st.text())
def test_any_text_may_be_a_label(text: str) -> None:
    """It comes back as it was, and the line stays a line."""
    counter = Counter("a_total", "A.", ["x"])
    counter.add(text)
    assert parsed(counter) == {f"a_total{[('x', text)]}": 1}


@pytest.mark.parametrize("kind", ["counter", "histogram"])
def test_labels_without_end_are_counted_as_one(kind: str) -> None:
    """The series that are known go on; nothing is lost, and the memory is bounded."""
    histogram = Histogram("h", "H.", ["x"], bounds=[1])
    counter = Counter("c_total", "C.", ["x"])
    add = counter.add if kind == "counter" else lambda label: histogram.observe(1, label)
    read = counter.value if kind == "counter" else histogram.count
    for number in range(MOST_SERIES * 3):
        add(str(number))
    add("0")
    assert (read("0"), read(str(MOST_SERIES)), read(OTHER)) == (2, 0, 2 * MOST_SERIES)
    assert len(list((counter if kind == "counter" else histogram).lines())) < 5 * MOST_SERIES + 10


def test_threads_lose_no_count() -> None:
    """Of counters, nor of histograms, while others read."""
    counter, histogram = Counter("a_total", "A.", ["x"]), Histogram("h", "H.", ["x"], bounds=[1, 2])

    def work(number: int) -> None:
        for _ in range(500):
            counter.add(str(number % 3))
            histogram.observe(number % 4, str(number % 3))
        list(histogram.lines())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert sum(counter.value(str(n)) for n in range(3)) == 24 * 500
    assert sum(histogram.count(str(n)) for n in range(3)) == 24 * 500


def test_one_name_is_one_metric() -> None:
    """Two would be read as one."""
    registry = Registry()
    registry.add(Counter("a_total", "A."))
    with pytest.raises(ValueError, match="a_total"):
        registry.add(Gauge("a_total", "A."))


def test_a_listener_hears_every_value() -> None:
    """Until there is none."""
    registry, heard = Registry(), []
    counter, histogram = registry.add(Counter("a_total", "A.", ["x"])), Histogram("h", "H.", bounds=[1])
    registry.add(histogram)
    registry.listen(lambda metric, labels, value: heard.append((metric.name, labels, value)))
    counter.add("1", amount=2)
    histogram.observe(0.5)
    registry.listen(None)
    counter.add("1")
    assert heard == [("a_total", ("1",), 2), ("h", (), 0.5)]
