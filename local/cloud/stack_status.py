"""The statuses of a CloudFormation stack that decide whether a deployment can begin."""

# Statuses of a stack that holds nothing.
NOTHING = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
REMOVE = "`aws cloudformation delete-stack --stack-name {name}` removes what is left of it"
# What lifts a status that ends so, and lets no deployment begin. The first match counts.
REMEDIES = {
    "UPDATE_ROLLBACK_FAILED": "an update failed and could not be undone. "
    "`aws cloudformation continue-update-rollback --stack-name {name}` tries to undo it again; "
    "--resources-to-skip names what it has to leave as it is. Then deploy again",
    "ROLLBACK_FAILED": REMOVE,
    "DELETE_FAILED": REMOVE,
    "IN_PROGRESS": "another change is under way; deploy again when it has ended. "
    "`aws cloudformation describe-stack-events --stack-name {name}` shows how far it is",
}


def obstacle(status: str, name: str) -> str:
    """Return why no deployment can begin in a stack's status, and what lifts that; "" where one can."""
    if status in NOTHING:
        return ""
    advice = (remedy for ending, remedy in REMEDIES.items() if status.endswith(ending))
    return next((f"{name} is in {status}: {remedy.format(name=name)}" for remedy in advice), "")
