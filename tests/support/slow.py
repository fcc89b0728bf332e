"""`python -m tests.support.slow`: Statline with one more statistic, `wait`.

It is the global mean, computed after reading the file that SLOW_GATE names. If that is a pipe without a
writer, the job never finishes.
"""

import os
from dataclasses import replace
from pathlib import Path

from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.means import Row, global_mean
from chalicelib.domain.statistics.registry import STATISTICS

GATE = "SLOW_GATE"


def wait(data: DataIngestor, question: str) -> list[Row]:
    Path(os.environ[GATE]).read_bytes()
    return [("global_mean", *row) for row in global_mean(data, question)]


WAIT = replace(STATISTICS["global_mean"], name="wait", compute=wait, labels=("scope",))

if __name__ == "__main__":
    from local.__main__ import main

    STATISTICS["wait"] = WAIT
    main(prog_name="python -m tests.support.slow")
