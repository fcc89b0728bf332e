"""The download of the real survey from the CDC: complete and checked, or not at all.

The file is read back before it is used: a proxy's error page with status 200 and a connection that ends
early both look like success to an HTTP client.
"""

import csv
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
from tqdm import tqdm

from chalicelib.errors import StatlineError, listed, shown
from local.cli.client import root_cause, through_proxy
from local.settings import DEFAULT_DESCRIPTION, DOWNLOADED

OFFICIAL_URL = "https://data.cdc.gov/api/views/hn4x-zwk7/rows.csv?accessType=DOWNLOAD"
MIN_ROWS = 50_000  # the years 2011 to 2022 alone have far more, any excerpt far fewer
TIMEOUT = (10, 60)  # seconds to connect, seconds between two chunks
CHUNK_SIZE = 64 * 1024  # bytes


class DownloadFailed(StatlineError):
    """Raised when the survey could not be downloaded completely. An existing file is left unchanged."""


def run(url: str = OFFICIAL_URL, target: Path = DOWNLOADED) -> int:
    """Download the survey, print the outcome, and return the exit status: 0, or 1 after a failure."""
    try:
        rows = download(url, target)
    except (DownloadFailed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {rows:,} rows")
    return 0


def download(url: str, target: Path, min_rows: int = MIN_ROWS) -> int:
    """Download the survey from `url` to `target` and return its number of rows.

    `target` is created or replaced only when the file is complete and valid. Raises DownloadFailed, or
    OSError when the file cannot be written.
    """
    host = urlsplit(url).netloc
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file, _open(url, host) as response:
            _receive(response, file, host)
        rows = _count_rows(partial, host)
        if rows < min_rows:
            raise DownloadFailed(
                f"{host} sent {rows:,} rows where at least {min_rows:,} are expected: try again"
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _open(url: str, host: str) -> requests.Response:
    try:
        response = requests.get(url, stream=True, timeout=TIMEOUT)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise DownloadFailed(
            f"could not reach {host}{through_proxy(url)}: {root_cause(error)}; the bundled sample still works"
        ) from error
    except requests.RequestException as error:
        raise DownloadFailed(f"could not download {url}: {error}") from error
    if response.status_code == requests.codes.ok:
        return response
    advice = "try again later" if response.status_code >= 500 else "has the address changed?"
    raise DownloadFailed(f"{host} answered {response.status_code} {response.reason} to {url}; {advice}")


def _receive(response: requests.Response, file: BinaryIO, host: str) -> None:
    try:
        # disable=None: hidden unless standard error is a terminal
        with tqdm(total=response.raw.length_remaining, unit="B", unit_scale=True, disable=None) as bar:
            for chunk in response.iter_content(CHUNK_SIZE):
                file.write(chunk)
                bar.update(response.raw.tell() - bar.n)  # compressed bytes, as Content-Length counts them
    except requests.RequestException as error:
        received = f"{file.tell():,} bytes"
        raise DownloadFailed(
            f"the download from {host} was cut off after {received}: {root_cause(error)}; try again"
        ) from error


def _count_rows(path: Path, host: str) -> int:
    """Read the file once and return its number of rows. Raises DownloadFailed for one that is not whole."""
    rows = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _check_start(file.read(CHUNK_SIZE), host)
            file.seek(0)
            reader = csv.reader(file, strict=True)
            width = len(next(reader))
            for rows, row in enumerate(filter(None, reader), start=1):
                if len(row) != width:
                    raise DownloadFailed(
                        f"what {host} sent is cut off or damaged: row {rows:,} has {len(row)} fields "
                        f"where the header has {width}; try again"
                    )
    except (UnicodeDecodeError, csv.Error) as error:
        raise DownloadFailed(f"what {host} sent is cut off or damaged: {error}; try again") from error
    # A last field that is cut short is a valid field; only the missing newline shows it.
    if not path.read_bytes().endswith(b"\n"):
        raise DownloadFailed(f"what {host} sent is cut off: its last line does not end; try again")
    return rows


def _check_start(text: str, host: str) -> None:
    """Raise DownloadFailed unless the file begins with a header that has the columns of the description."""
    if text.lstrip().startswith("<"):
        raise DownloadFailed(
            f"{host} sent a web page, not the CSV file; is there a proxy or a login between?"
        )
    header = next(csv.reader(text.splitlines()), [])
    columns = json.loads(DEFAULT_DESCRIPTION.read_text(encoding="utf-8"))["columns"].values()
    if missing := [column for column in columns if column not in header]:
        raise DownloadFailed(
            f"the file from {host} lacks the columns {listed(missing)}; "
            f"if the survey has renamed them, say so in {DEFAULT_DESCRIPTION.name}. "
            f"Its header: {shown(','.join(header))}"
        )
