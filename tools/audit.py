"""Known vulnerabilities of what is pinned, from PyPI's advisories, by pip-audit.

    python -m tools.audit requirements/dev.txt [more requirements files]

Where no advisories can be reached, because this machine is offline or its index has none, one line says so. A
vulnerability fails, and so does a pinned release that the advisories do not know.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

OPTIONS = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
# The beginning of pip-audit's last line when a service, not a requirement, is at fault.
UNREACHED = re.compile(
    r"requests\.exceptions\.|urllib3\.exceptions\.|pip_audit\._service\.interface\.(Service|Connection)Error"
    r"|ERROR:pip_audit\._cli:Tip: your network"
)


class Verdict(NamedTuple):
    """Lines to print, and whether they are a failure."""

    lines: list[str]
    failed: bool


def judge(output: str, complaint: str) -> Verdict:
    """Return a verdict on pip-audit's stdout and stderr."""
    if not output.strip():
        last = complaint.strip().rpartition("\n")[2]
        if UNREACHED.match(last):
            return Verdict(["audit: nothing was audited, the advisories cannot be reached"], failed=False)
        return Verdict([f"audit: {last}"], failed=True)
    packages = json.loads(output)["dependencies"]
    unknown = [package for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        return Verdict(["audit: nothing was audited, the index here has no advisories"], failed=False)
    bad = [line for package in packages for line in findings(package)]
    return Verdict(bad or [f"audit: {len(packages)} packages, no known vulnerability"], failed=bool(bad))


def findings(package: dict[str, Any]) -> list[str]:
    """Return a line for each finding about one package of pip-audit's report."""
    if "skip_reason" in package:
        return [f"audit: {package['skip_reason']}"]
    return [
        f"audit: {package['name']} {package['version']} has {advisory['id']}; "
        f"mended in {', '.join(advisory['fix_versions']) or 'no release yet'}"
        for advisory in package["vulns"]
    ]


def audit(file: str) -> Verdict:
    """Return a verdict on one requirements file; each may pin other releases."""
    pip_audit = str(Path(sys.executable).with_name("pip-audit"))
    done = subprocess.run(  # nosec B603 # no shell, and all words are ours
        [pip_audit, *OPTIONS, "--requirement", file], capture_output=True, text=True, check=False
    )
    return judge(done.stdout, done.stderr)


def main(files: list[str]) -> int:
    with ThreadPoolExecutor() as pool:  # each waits for responses most of the time
        verdicts = list(pool.map(audit, files))
    # Files share findings, and a network that is down is down for all.
    print("\n".join(dict.fromkeys(line for verdict in verdicts for line in verdict.lines)))
    return int(any(verdict.failed for verdict in verdicts))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
