"""What a data set costs a function on AWS: memory, and the time that a cold start takes to load it."""

import json
import math
import os
import subprocess
import sys
from typing import NamedTuple

from chalicelib.errors import DatasetError
from local.settings import PROJECT, RESOURCES

# MB that a worker needs beside its data: the results that it knows (16 MB), and the one that it computes.
RESERVE = 32
# MB of memory for which Lambda gives a function one processor; less memory is a share of one.
ONE_PROCESSOR = 1_769
# So that the process imports what a function does; it calls nothing.
ENVIRON = {
    "AWS_LAMBDA_FUNCTION_NAME": "statline",
    "AWS_DEFAULT_REGION": "us-east-1",
    **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "none"),
}


class TooLarge(DatasetError):
    """Raised when the functions of a stage have too little memory for a data set."""


class Cost(NamedTuple):
    """Measured in a fresh process: MB without data, after loading, and once every question has been asked.

    `seconds` of processor time took the loading.
    """

    empty: float
    loaded: float
    asked: float
    seconds: float

    @property
    def needed(self) -> int:
        """The MB that a function needs so that no question ends it."""
        return round(self.asked) + RESERVE

    def cold_start(self, memory: int) -> float:
        """Return the seconds in which a function with so many MB, a share of a processor, loads the data."""
        return self.seconds / min(1.0, memory / ONE_PROCESSOR)

    def lines(self, memory: int) -> list[str]:
        """Return the cost in sentences, for workers with so many MB."""
        slower = max(1.0, ONE_PROCESSOR / memory)
        return [
            f"memory of a worker: {self.needed:,} MB, and it has {memory:,}: {self.empty:.0f} without data, "
            f"{self.loaded:.0f} with it, {self.asked:.0f} once every question was asked (measured here), "
            f"and {RESERVE} for results",
            f"cold start: {self.cold_start(memory):.1f} s to load it, estimated: {self.seconds:.2f} s of "
            f"processor time here, times {slower:.1f} for the share of a processor at {memory:,} MB",
        ]


class Worker(NamedTuple):
    """What the workers of a stage have: MB of memory, and seconds for a batch."""

    stage: str
    memory: int
    timeout: int

    def require(self, cost: Cost) -> None:
        """Raise TooLarge where they cannot load the data, with what can be done."""
        if cost.needed > self.memory:
            enough = [size for size in memory_sizes() if size >= cost.needed]
            more = f'or give them more: "Memory": {enough[0]}' if enough else ""
            raise self._too_large(f"{cost.needed:,} MB for", f"have {self.memory:,} MB", more)
        seconds = math.ceil(cost.cold_start(self.memory))
        if seconds > self.timeout:
            more = f'or give them longer: "FunctionTimeout": {2 * seconds}, "Visibility": {12 * seconds}'
            raise self._too_large(f"about {seconds} s to load", f"may take {self.timeout} s", more)

    def _too_large(self, needed: str, given: str, more: str) -> TooLarge:
        where = f" for {self.stage} in .chalice/stages.json, and `make deploy STAGE={self.stage}`"
        return TooLarge(
            f"nothing is published: a worker needs {needed} this data set, and those of stage {self.stage} "
            f'{given}. Publish fewer rows ("keep" or "drop" in the description, fewer years)'
            + (f", {more}{where}" if more else ": no worker can have as much")
        )


def measure(snapshot: bytes) -> Cost:
    """Load a snapshot in a fresh process, as a function does. Raises TooLarge where this machine cannot."""
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    done = subprocess.run(  # nosec B603 # no shell, and no word of anybody else's
        [sys.executable, "-m", "local.cloud.function_process"],
        cwd=PROJECT,
        env=environ | ENVIRON,
        input=snapshot,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise TooLarge(
            "nothing is published: the data set cannot be loaded on this machine, so its cost is unknown. "
            f"The process ended with {done.returncode}: {last_line(done.stderr)}"
        )
    return Cost(**json.loads(done.stdout))


def last_line(text: bytes) -> str:
    return (text.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]


def memory_sizes() -> list[int]:
    """Return the sizes in MB that the template's parameter allows."""
    return [int(size) for size in json.loads(RESOURCES.read_text())["Parameters"]["Memory"]["AllowedValues"]]
