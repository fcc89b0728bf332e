"""What an audit concludes from the words of pip-audit."""

import json

import pytest

from tools.audit import judge

GOOD = {"name": "six", "version": "1.17.0", "vulns": []}
BAD = {"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
HOPELESS = {"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
UNKNOWN = {"name": "seven", "skip_reason": "Dependency not found on PyPI: seven (1.0)"}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_what_is_known_to_be_bad_fails() -> None:
    """With its name, and the release that mends it; what is good is only counted."""
    assert judge(report(GOOD, GOOD), "") == (["audit: 2 packages, no known vulnerability"], False)
    lines, failed = judge(report(GOOD, BAD, HOPELESS), "Found 2 known vulnerabilities")
    assert failed
    assert lines == [
        "audit: six 1.0 has PYSEC-1; mended in 1.1, 2.0",
        "audit: six 1.0 has PYSEC-2; mended in no release yet",
    ]


def test_a_release_that_the_advisories_do_not_know_fails() -> None:
    """One that was pinned once and is gone was removed for a reason."""
    assert judge(report(GOOD, UNKNOWN), "") == (["audit: Dependency not found on PyPI: seven (1.0)"], True)


def test_an_index_without_advisories_is_said_so() -> None:
    """pip-audit calls that no known vulnerability; it is none looked for."""
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
def test_no_network_is_said_so(last: str) -> None:
    """In one line, and nothing fails: a machine without a network is no vulnerability."""
    lines, failed = judge("", f"Traceback (most recent call last):\n  File ...\n{last}\n")
    assert (len(lines), failed) == (1, False)
    assert "nothing was audited" in lines[0]


def test_a_requirement_without_a_hash_fails() -> None:
    """As does anything else that is no matter of the network."""
    complaint = "ERROR:pip_audit._cli:requirement six==1.17.0 does not contain a hash\n"
    lines, failed = judge("", complaint)
    assert failed
    assert "does not contain a hash" in lines[0]
