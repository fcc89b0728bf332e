"""The audit's verdict on the output of pip-audit."""

import json

import pytest

from tools.audit import judge

GOOD = {"name": "six", "version": "1.17.0", "vulns": []}
BAD = {"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
HOPELESS = {"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
UNKNOWN = {"name": "seven", "skip_reason": "Dependency not found on PyPI: seven (1.0)"}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_known_vulnerability_fails_with_its_name_and_fix() -> None:
    assert judge(report(GOOD, GOOD), "") == (["audit: 2 packages, no known vulnerability"], False)
    lines, failed = judge(report(GOOD, BAD, HOPELESS), "Found 2 known vulnerabilities")
    assert failed
    assert lines == [
        "audit: six 1.0 has PYSEC-1; mended in 1.1, 2.0",
        "audit: six 1.0 has PYSEC-2; mended in no release yet",
    ]


def test_release_unknown_to_the_advisories_fails() -> None:
    """A pinned release that disappeared was removed for a reason."""
    assert judge(report(GOOD, UNKNOWN), "") == (["audit: Dependency not found on PyPI: seven (1.0)"], True)


def test_index_without_advisories_is_reported() -> None:
    """pip-audit reports no known vulnerability then, though it looked for none."""
    lines, failed = judge(report(UNKNOWN, UNKNOWN), "No known vulnerabilities found")
    assert (len(lines), failed) == (1, False)
    assert "nothing was audited" in lines[0]


@pytest.mark.parametrize(
    "last",
    [
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): ...",
        "pip_audit._service.interface.ServiceError",
        "ERROR:pip_audit._cli:Tip: your network may be blocking this service. Try another service",
    ],
)
def test_missing_network_is_reported_and_passes(last: str) -> None:
    lines, failed = judge("", f"Traceback (most recent call last):\n  File ...\n{last}\n")
    assert (len(lines), failed) == (1, False)
    assert "nothing was audited" in lines[0]


def test_requirement_without_a_hash_fails() -> None:
    complaint = "ERROR:pip_audit._cli:requirement six==1.17.0 does not contain a hash\n"
    lines, failed = judge("", complaint)
    assert failed
    assert "does not contain a hash" in lines[0]
