"""Statuses in which no deployment can begin."""

import pytest

from local.cloud.stack_status import obstacle


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name statline-prod"),
        ("ROLLBACK_FAILED", "delete-stack --stack-name statline-prod"),
        ("DELETE_FAILED", "delete-stack --stack-name statline-prod"),
        ("UPDATE_IN_PROGRESS", "another change is under way"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "another change is under way"),
    ],
)
def test_status_that_lets_nothing_begin_has_its_remedy(status: str, remedy: str) -> None:
    said = obstacle(status, "statline-prod")
    assert said.startswith(f"statline-prod is in {status}: ")
    assert remedy in said


@pytest.mark.parametrize(
    "status",
    [
        "",
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "ROLLBACK_COMPLETE",
        "REVIEW_IN_PROGRESS",
    ],
)
def test_other_statuses_hinder_nothing(status: str) -> None:
    assert obstacle(status, "statline-prod") == ""
