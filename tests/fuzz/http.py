"""A fuzzer of the HTTP edge, guided by the code that its bytes reach: `make fuzz`.

Whatever bytes come, cut wherever the network likes: no exception, only HTTP in response, no 5xx,
no request that hangs, and the same responses as if the bytes had come in one piece.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["local.http.handler", "local.http.gateway", "chalicelib"]):
    from tests.fuzz.conversation import SEEDS, check

LONGEST, PLACES = 4096, 4

WORDS = [
    *(
        "GET ",
        "POST ",
        "HEAD ",
        "OPTIONS ",
        "DELETE ",
        " HTTP/1.1",
        " HTTP/1.0",
        "\\x0d\\x0a",
        "Host: localhost",
    ),
    *("Content-Length: ", "Transfer-Encoding: chunked", "Content-Type: ", "Expect: 100-continue", "Accept: "),
    *("Connection: close", "Connection: Upgrade", "Upgrade: h2c", "0\\x0d\\x0a\\x0d\\x0a", "Prefer: "),
    *("question", "state", "S1", "Humus", "Hessen", "NaN", "\\xff", "\\x00", "ud800"),
    *("%2e%2e%2f", "%00", "%0d%0a"),
    *("/api/best5", "/api/state_mean", "/api/get_results/job_id_1", "/api/jobs", "/api/num_jobs"),
    *("/api/graceful_shutdown", "/api/questions", "traceparent: 00-"),
]


def target(loop: asyncio.AbstractEventLoop) -> Callable[[bytes], None]:
    # An input's first bytes say where the rest is cut.
    return lambda data: check(loop, data[PLACES:], data[:PLACES])


def write_seeds(folder: Path) -> None:
    """Write requests that reach far into the code, for the fuzzer to begin with."""
    folder.mkdir(parents=True, exist_ok=True)
    places = bytes(range(10, 10 + 40 * PLACES, 40))
    for number, seed in enumerate(SEEDS):
        (folder / f"seed-{number}").write_bytes(places + seed)


def main() -> None:
    """Arguments: the folder of the corpus, then options of libFuzzer."""
    corpus = Path(sys.argv[1])
    write_seeds(corpus)
    logging.disable()
    words = corpus.with_suffix(".words")
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-max_len={LONGEST}",
            f"-dict={words}",
            "-len_control=0",
            "-verbosity=0",
            "-print_final_stats=1",
            f"-artifact_prefix={corpus.parent}/",
            *sys.argv[2:],
        ],
        target(asyncio.new_event_loop()),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
