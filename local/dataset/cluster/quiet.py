"""Dask's log lines, which stay away from the user's terminal: at the end one sentence says what they mean."""

import logging

LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "asyncio")


def silence_dask() -> None:
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def dask_setup(_: object) -> None:
    """Prepare a worker of `local:N`, which loads this module at its start."""
    silence_dask()
