"""A process that loads a snapshot as a worker does, and prints what that takes: memory in MB, processor time.

    python -m local.cloud.function_process < snapshot

`empty` is the memory before, `loaded` after the snapshot, `asked` after a question about everything: the
measures of a question are decoded when it is first asked, and kept. Started by `function_costs.measure`.
"""

import json
import resource
import sys
import time
from pathlib import Path

STATUS = Path("/proc/self/status")
LARGEST = 10_240  # MB: no function has more, so that nobody has to know how much more it would take


def peak() -> float:
    """Return the most memory that this process has had, in MB.

    On Linux not the figure of getrusage, which begins with the memory of the process that started this one.
    """
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_048_576  # bytes, on macOS


def main() -> None:
    import app  # noqa: F401 # for the memory of all that a function imports
    from chalicelib.bootstrap import aws_client
    from chalicelib.domain.ingestor import DataIngestor

    clients = [aws_client(name) for name in ("dynamodb", "s3")]
    empty = peak()
    snapshot = sys.stdin.buffer.read()
    start = time.process_time()
    data = DataIngestor.from_snapshot(snapshot)
    seconds, loaded = time.process_time() - start, peak()
    for question in data.questions:
        if data.cube.complete and peak() < LARGEST:
            data.measures(question)
    print(json.dumps({"empty": empty, "loaded": loaded, "asked": peak(), "seconds": seconds}))
    del clients


if __name__ == "__main__":
    main()
