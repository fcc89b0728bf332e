"""Where figures are measured: the machine and the versions."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from local.settings import PROJECT

PACKAGES = ("chalice", "moto", "boto3", "flask", "werkzeug", "pandas", "numpy", "pyarrow", "polars", "duckdb")


def facts() -> dict[str, str]:
    """What a reader would ask for, by name."""
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load at the start": f"{os.getloadavg()[0]:.1f} processes at work, of others",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(f"{name} {installed(name)}" for name in PACKAGES),
        "commit": commit(),
    }


def processor() -> str:
    """Its model's name; Linux tells it in a file, others in what Python asks them."""
    with_names = Path("/proc/cpuinfo")
    lines = with_names.read_text().splitlines() if with_names.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def commit() -> str:
    """The checkout's commit, and whether files differ from it; a copy without git has none."""
    try:
        name, changes = git("rev-parse", "--short", "HEAD"), git("status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name} with changes" if changes else name


def git(*arguments: str) -> str:
    command = ["git", "-C", str(PROJECT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
