"""What is measured: the one list. Each process counts what it does itself, from its start on."""

from chalicelib.observability.registry import Counter, Gauge, Histogram, Registry

# Seconds: a job may wait for as long as the sweeper lets it, a request for as long as API Gateway does.
JOB_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400)
REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REGISTRY = Registry()

ACCEPTED = REGISTRY.add(Counter("statline_jobs_accepted_total", "Jobs accepted.", ["statistic"]))
REFUSED = REGISTRY.add(Counter("statline_jobs_refused_total", "Questions that made no job.", ["reason"]))
FINISHED = REGISTRY.add(Counter("statline_jobs_finished_total", "Jobs ended.", ["statistic", "outcome"]))
DURATION = REGISTRY.add(
    Histogram(
        "statline_job_duration_seconds",
        "From the acceptance of a job to its end.",
        ["outcome"],
        bounds=JOB_BOUNDS,
    )
)
OPEN = REGISTRY.add(Gauge("statline_jobs_open", "Jobs accepted and not finished."))
OPEN_LIMIT = REGISTRY.add(Gauge("statline_jobs_open_limit", "Open jobs beyond which none is accepted."))
OLDEST = REGISTRY.add(
    Gauge("statline_jobs_oldest_open_age_seconds", "Since the acceptance of the oldest open job; 0 if none.")
)
CALLBACKS = REGISTRY.add(Counter("statline_callbacks_total", "Callbacks to subscribers.", ["outcome"]))
STORE_ERRORS = REGISTRY.add(
    Counter("statline_store_errors_total", "Calls to storage that failed.", ["operation"])
)
FOLLOWER_LAG = REGISTRY.add(
    Gauge(
        "statline_follower_lag_jobs",
        "Changed jobs that a follower of the store has not copied.",
        ["follower"],
    )
)
REQUESTS = REGISTRY.add(
    Histogram(
        "statline_http_request_duration_seconds",
        "From a request that is read to its answer.",
        ["method", "route", "status"],
        bounds=REQUEST_BOUNDS,
    )
)
