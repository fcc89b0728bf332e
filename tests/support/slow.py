"""`python -m tests.slow`: Statline with one more statistic, `wait`.

It has the result of `global_mean` as soon as the file that SLOW_GATE names can be read; while that is a pipe
without a writer, its job runs for ever.
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
    STATISTICS["wait"] = WAIT
    from local.__main__ import main

    main(prog_name="python -m tests.slow")
