"""Known vulnerabilities of what is pinned, from PyPI's advisories, by pip-audit.

    python -m tools.audit requirements/dev.txt [more requirements files]

Advisories that cannot be had, because this machine is offline or its index has none, are said to be
missing in one line. A vulnerability fails, and so does a pinned release that the advisories do not know.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

OPTIONS = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
# What the last line of pip-audit's complaint begins with when a service, not a requirement, is amiss.
UNREACHED = re.compile(
    r"requests\.exceptions\.|urllib3\.exceptions\.|pip_audit\._service\.interface\.(Service|Connection)Error"
    r"|ERROR:pip_audit\._cli:Tip: your network"
)


class Verdict(NamedTuple):
    """What to say, and whether it is a failure."""

    lines: list[str]
    failed: bool


def judge(output: str, complaint: str) -> Verdict:
    """A verdict on what pip-audit wrote to stdout and to stderr."""
    if not output.strip():
        last = complaint.strip().rpartition("\n")[2]
        if UNREACHED.match(last):
            return Verdict(["audit: nothing was audited, the advisories cannot be reached"], failed=False)
        return Verdict([f"audit: {last}"], failed=True)
    packages = json.loads(output)["dependencies"]
    unknown = [one for one in packages if "skip_reason" in one]
    if len(unknown) == len(packages):
        return Verdict(["audit: nothing was audited, the index here has no advisories"], failed=False)
    bad = [line for one in packages for line in findings(one)]
    return Verdict(bad or [f"audit: {len(packages)} packages, no known vulnerability"], failed=bool(bad))


def findings(package: dict[str, Any]) -> list[str]:
    """A line for each thing that is wrong with one package of pip-audit's report."""
    if "skip_reason" in package:
        return [f"audit: {package['skip_reason']}"]
    return [
        f"audit: {package['name']} {package['version']} has {one['id']}; "
        f"mended in {', '.join(one['fix_versions']) or 'no release yet'}"
        for one in package["vulns"]
    ]


def audit(file: str) -> Verdict:
    """A verdict on one requirements file. Each is an environment of its own, and may pin another release."""
    pip_audit = str(Path(sys.executable).with_name("pip-audit"))
    done = subprocess.run(  # nosec B603 # no shell, and no word of anybody else's
        [pip_audit, *OPTIONS, "--requirement", file], capture_output=True, text=True, check=False
    )
    return judge(done.stdout, done.stderr)


def main(files: list[str]) -> int:
    with ThreadPoolExecutor() as pool:  # each spends its time waiting for answers
        verdicts = list(pool.map(audit, files))
    # What is wrong with one file is often wrong with another, and the network with all.
    print("\n".join(dict.fromkeys(line for verdict in verdicts for line in verdict.lines)))
    return int(any(verdict.failed for verdict in verdicts))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
