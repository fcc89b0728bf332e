"""What each path asks of its callers: nothing, the key of the stage, or a signature with IAM credentials.

A path that is new asks for what the stage asks for: none is open by oversight.
"""

from typing import Any

# Not in .chalice/resources.json: so the template of Chalice alone, which leaves paths open, cannot deploy.
CONDITIONS = {
    "KeyRequired": {"Fn::Equals": [{"Ref": "Access"}, "key"]},
    "JobsSigned": {"Fn::Equals": [{"Ref": "JobAccess"}, "iam"]},
}
KEY: Any = {"Fn::If": ["KeyRequired", [{"ApiKey": []}], []]}
SIGNATURE: Any = [{"Signature": []}]
# Lists of jobs, and DELETE: these requests show and remove the jobs of other clients.
OTHERS_JOBS: Any = {"Fn::If": ["JobsSigned", SIGNATURE, KEY]}
# None of these holds questions or values.
PAGES = ("/explore", "/static/{name}", "/client/statline.py", "/robots.txt")
OPEN = ("/health", "/docs", "/docs/{name}", *PAGES)
SHUTDOWN = "/api/graceful_shutdown"


def secure(template: dict[str, Any]) -> None:
    """Write the security of each method into the API's definition."""
    template["Conditions"] |= CONDITIONS
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for path, methods in paths.items():
        for method, definition in methods.items():
            definition["security"] = security(path, method)


def security(path: str, method: str) -> Any:
    if path in OPEN:
        return []
    if path == SHUTDOWN:
        return SIGNATURE
    return OTHERS_JOBS if method == "delete" or path.endswith("/jobs") else KEY
