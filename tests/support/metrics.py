"""Recorded metrics, read back."""

from chalicelib.observability.metrics import Metric, PrometheusRecorder, recorder


def value(metric: Metric, *labels: str) -> float:
    """Return a counter's or a gauge's value in this process."""
    target = recorder()
    assert isinstance(target, PrometheusRecorder)
    return target.registry.get_sample_value(metric.name, dict(zip(metric.labels, labels, strict=True))) or 0
