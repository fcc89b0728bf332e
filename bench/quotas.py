"""AWS's quotas and list prices (us-east-1, on demand), quoted from its documentation as of January 2025."""

from typing import NamedTuple

# DynamoDB, units a second of one partition, and for how many seconds unused ones are kept.
PARTITION_WRITES, PARTITION_READS, BURST_SECONDS = 1_000, 3_000, 300
# Lambda's pollers of an SQS queue: at first, and more in each second (300 a minute).
POLLERS, POLLERS_PER_SECOND = 5, 5
# SQS messages in one batch of the event source (see app.py).
BATCH = 10
# Assumed, in seconds, of functions with 512 MB.
REQUEST_SECONDS, JOB_SECONDS, GIGABYTES = 0.015, 0.020, 0.5


class Quotas(NamedTuple):
    """Quotas of an account: requests a second and at once, units a second of a table, functions at once."""

    gateway_rate: float
    gateway_burst: float
    table_writes: float
    table_reads: float
    concurrency: float
    pollers: float


ACCOUNTS = {
    "default": Quotas(10_000, 5_000, 40_000, 40_000, 1_000, 1_000),
    # What has to be asked for; pollers have no higher number than 1,250 for one queue.
    "raised": Quotas(60_000, 30_000, 300_000, 300_000, 5_000, 1_250),
}

# Dollars; functions on arm64.
REQUEST, INVOCATION, GB_SECOND = 3.50e-6, 0.20e-6, 13.33e-6
WRITE_UNIT, READ_UNIT, SQS_REQUEST, LOG_BYTE = 0.625e-6, 0.125e-6, 0.40e-6, 0.50e-9


class Costs(NamedTuple):
    """What a job takes beside DynamoDB's units: counted requests, messages, log bytes; assumed seconds."""

    requests: int
    invocations: int
    seconds: float
    messages: int
    log_bytes: int


KNOWN = Costs(2, 2, 2 * REQUEST_SECONDS, 0, 1_900)
NEW = Costs(3, 4, 3 * REQUEST_SECONDS + JOB_SECONDS, 3, 3_200)


def dollars(costs: Costs, writes: float, reads: float) -> float:
    """Return the dollars of a million jobs."""
    one = (
        costs.requests * REQUEST
        + costs.invocations * INVOCATION
        + costs.seconds * GIGABYTES * GB_SECOND
        + costs.messages * SQS_REQUEST
        + costs.log_bytes * LOG_BYTE
        + writes * WRITE_UNIT
        + reads * READ_UNIT
    )
    return one * 1e6
