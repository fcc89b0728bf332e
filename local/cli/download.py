"""The download of the real survey from the CDC: complete and checked, or not at all.

The file is read back before it is used: a proxy's error page with status 200 and a connection that ends
early both look like success to an HTTP client.
"""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tqdm import tqdm
from urllib3 import Retry

from chalicelib.errors import StatlineError, listed, shown
from local.cli.client import root_cause

OFFICIAL_URL = "https://data.cdc.gov/api/views/hn4x-zwk7/rows.csv?accessType=DOWNLOAD"
DATA = Path(__file__).parent.parent.parent / "data"
TARGET = DATA / "brfss.csv"
DESCRIPTION = DATA / "brfss.json"

MIN_ROWS = 50_000  # the years 2011 to 2022 alone have far more, any excerpt far fewer
TIMEOUT = (10, 60)  # seconds to connect, seconds between two chunks
CONNECT_RETRIES = 2
CHUNK_SIZE = 64 * 1024  # bytes


class DownloadFailed(StatlineError):
    """Raised when the survey could not be downloaded completely. An existing file is left unchanged."""


def run(url: str = OFFICIAL_URL, target: Path = TARGET) -> int:
    """Download the survey, print the outcome, and return the exit status: 0, or 1 after a failure."""
    try:
        rows = download(url, target)
    except (DownloadFailed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {rows:,} rows")
    return 0


def download(url: str, target: Path, *, min_rows: int = MIN_ROWS, progress: bool = True) -> int:
    """Download the survey from `url` to `target` and return its number of rows.

    `target` is created or replaced only when the file is complete and valid. Raises DownloadFailed, or
    OSError when the file cannot be written.
    """
    with _temporary(target) as partial:
        with partial.open("wb") as file:
            _fetch(url, file, progress=progress)
        return _check(partial, url, min_rows)


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Yield a path beside `target`; rename it to `target` after the block, or delete it after an error."""
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _fetch(url: str, file: BinaryIO, *, progress: bool) -> None:
    host = urlsplit(url).netloc
    with requests.Session() as session, _open(session, url, host) as response:
        if response.status_code != requests.codes.ok:
            advice = "try again later" if response.status_code >= 500 else "has the address changed?"
            raise DownloadFailed(
                f"{host} answered {response.status_code} {response.reason} to {url}; {advice}"
            )
        _receive(response, file, host, progress=progress)


def _open(session: requests.Session, url: str, host: str) -> requests.Response:
    # Retry only the connection: a person decides whether to repeat a download that was cut off.
    adapter = HTTPAdapter(max_retries=Retry(connect=CONNECT_RETRIES, read=False, backoff_factor=0.2))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    try:
        return session.get(url, stream=True, timeout=TIMEOUT)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise DownloadFailed(
            f"could not reach {host}: {root_cause(error)}; the bundled sample still works"
        ) from error
    except requests.RequestException as error:
        raise DownloadFailed(f"could not download {url}: {error}") from error


def _receive(response: requests.Response, file: BinaryIO, host: str, *, progress: bool) -> None:
    hidden = None if progress else True  # None: hidden unless standard error is a terminal
    try:
        with tqdm(total=response.raw.length_remaining, unit="B", unit_scale=True, disable=hidden) as bar:
            for chunk in response.iter_content(CHUNK_SIZE):
                file.write(chunk)
                bar.update(response.raw.tell() - bar.n)  # compressed bytes, as Content-Length counts them
    except requests.RequestException as error:
        received = f"{file.tell():,} bytes"
        raise DownloadFailed(
            f"the download from {host} was cut off after {received}: {root_cause(error)}; try again"
        ) from error


def _check(path: Path, url: str, min_rows: int) -> int:
    """Read the file once and return its number of rows. Raises DownloadFailed."""
    host = urlsplit(url).netloc
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _check_start(file.read(CHUNK_SIZE), host)
            file.seek(0)
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(header, host)
            rows = _count(reader, len(header), host)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DownloadFailed(f"what {host} sent is cut off or damaged: {error}; try again") from error
    _check_end(path, host)
    if rows < min_rows:
        raise DownloadFailed(f"{host} sent {rows:,} rows where at least {min_rows:,} are expected: try again")
    return rows


def _check_start(text: str, host: str) -> None:
    if text.lstrip().startswith("<"):
        raise DownloadFailed(
            f"{host} sent a web page, not the CSV file; is there a proxy or a login between?"
        )


def _check_header(header: list[str], host: str) -> None:
    description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    missing = [column for column in description["columns"].values() if column not in header]
    if missing:
        raise DownloadFailed(
            f"the file from {host} lacks the columns {listed(missing)}; "
            f"if the survey has renamed them, say so in {DESCRIPTION.name}. "
            f"Its header: {shown(','.join(header))}"
        )


def _count(reader: Iterable[list[str]], width: int, host: str) -> int:
    rows = 0
    for row in reader:
        if not row:
            continue
        rows += 1
        if len(row) != width:
            raise DownloadFailed(
                f"what {host} sent is cut off or damaged: row {rows:,} has {len(row)} fields "
                f"where the header has {width}; try again"
            )
    return rows


def _check_end(path: Path, host: str) -> None:
    # A last field that is cut short is a valid field; only the missing newline shows it.
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read() != b"\n":
            raise DownloadFailed(f"what {host} sent is cut off: its last line does not end; try again")
