"""Metrics as Prometheus's own parser reads them, and where recorded values go."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chalicelib.observability import metrics
from chalicelib.observability.metrics import (
    ACCEPTED,
    DURATION,
    JOB_BOUNDS,
    METRICS,
    OPEN,
    Counter,
    PrometheusRecorder,
)
from local.settings import PROJECT


@pytest.fixture
def recorder() -> Iterator[PrometheusRecorder]:
    """An empty registry in place of the process's own."""
    before, empty = metrics.recorder(), PrometheusRecorder()
    metrics.use(empty)
    yield empty
    metrics.use(before)


def samples(recorder: PrometheusRecorder) -> dict[str, float]:
    families = text_string_to_metric_families(recorder.text())
    return {f"{one.name}{one.labels or ''}": one.value for family in families for one in family.samples}


def test_every_metric_has_its_name_kind_and_help(recorder: PrometheusRecorder) -> None:
    families = {family.name: family for family in text_string_to_metric_families(recorder.text())}

    assert len(families) == len(METRICS)
    for metric in METRICS:
        family = families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (type(metric).__name__.lower(), metric.help)


def test_counters_add_up_by_labels(recorder: PrometheusRecorder) -> None:
    ACCEPTED.add("best5")
    ACCEPTED.add("best5", amount=2)
    ACCEPTED.add("worst5")

    assert samples(recorder)["statline_jobs_accepted_total{'statistic': 'best5'}"] == 3
    assert samples(recorder)["statline_jobs_accepted_total{'statistic': 'worst5'}"] == 1


def test_gauges_without_labels_are_0_from_the_start_and_then_the_last_value(
    recorder: PrometheusRecorder,
) -> None:
    assert samples(recorder)["statline_jobs_open"] == 0
    OPEN.set(7)
    OPEN.set(5)
    assert samples(recorder)["statline_jobs_open"] == 5


def test_histograms_count_values_up_to_each_bound(recorder: PrometheusRecorder) -> None:
    for seconds in (0.25, 7.0):
        DURATION.observe(seconds, "failed")

    found = samples(recorder)
    name = "statline_job_duration_seconds"
    for bound in JOB_BOUNDS:
        expected = (bound >= 0.25) + (bound >= 7)
        assert found[f"{name}_bucket{{'le': '{float(bound)}', 'outcome': 'failed'}}"] == expected
    assert found[f"{name}_count{{'outcome': 'failed'}}"] == 2
    assert found[f"{name}_sum{{'outcome': 'failed'}}"] == 7.25


def test_text_has_no_created_series(recorder: PrometheusRecorder) -> None:
    ACCEPTED.add("best5")
    DURATION.observe(1, "failed")
    assert "_created" not in recorder.text()


def test_concurrent_counts_add_up(recorder: PrometheusRecorder) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ACCEPTED.add(str(number % 3)), range(3000)))
    found = samples(recorder)
    assert [found[f"statline_jobs_accepted_total{{'statistic': '{n}'}}"] for n in range(3)] == [1000] * 3


def test_metric_that_is_not_in_the_list_is_refused(recorder: PrometheusRecorder) -> None:
    with pytest.raises(KeyError):
        Counter("statline_forgotten_total", "Not in METRICS.").add()


UNTOUCHED = """
import sys
from chalicelib.observability import embedded_metrics, metrics
metrics.use(embedded_metrics.EmbeddedMetrics(lambda: "dev"))
metrics.ACCEPTED.add("best5")
print("prometheus_client" in sys.modules)
"""


def test_lambda_does_not_import_prometheus() -> None:
    """The package does not contain it."""
    done = subprocess.run(
        [sys.executable, "-c", UNTOUCHED], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
