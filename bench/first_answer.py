"""What a process pays before its first answer: loading a snapshot, the first mean, the first estimate.

    python -m bench.first_answer [--runs 9]

On the CDC's whole file where it lies beside the project, else on the bundled sample. Each run is a fresh
process; the times are the processor's. That of the first estimate has in it the import of its module and the
decoding of its question.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from bench import survey
from bench.published import WHOLE_FILE
from chalicelib.domain.ingestor import DataIngestor
from local.settings import SAMPLE

STEPS = ("snapshot", "first mean", "first estimate", "second estimate")
PROGRAM = """
import json, sys, time
from pathlib import Path
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import compute_result
times = [time.process_time()]
data = DataIngestor.from_snapshot(Path(sys.argv[1]).read_bytes())
times.append(time.process_time())
for name, state in (("state_mean", "Ohio"), ("estimate", "Ohio"), ("estimate", "Texas")):
    compute_result(data, name, {"question": "Q036", "state": state}, "")
    times.append(time.process_time())
print(json.dumps([(later - sooner) * 1000 for sooner, later in zip(times, times[1:])]))
"""


@click.command()
@click.option("--runs", default=9, show_default=True)
def main(runs: int) -> None:
    path = WHOLE_FILE if WHOLE_FILE.is_file() else SAMPLE
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder, "snapshot")
        saved.write_bytes(DataIngestor.from_csv(path, survey.described(path)).snapshot())
        print(f"{path.name}, {saved.stat().st_size / 1000:.0f} KB; medians of {runs} runs")
        times = [run(saved) for _ in range(runs)]
    for step, own in zip(STEPS, zip(*times, strict=True), strict=True):
        print(f"{statistics.median(own):8.1f} ms  {step}")


def run(saved: Path) -> list[float]:
    """Return the milliseconds of each step, in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, str(saved)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(one) for one in json.loads(done.stdout)]


if __name__ == "__main__":
    main()
