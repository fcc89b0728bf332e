"""Bills of materials (CycloneDX) and checksums, beside the package in out/.

    python -m tools.release

Made from pyproject.toml and the pinned requirements alone: the same commit gives the same bytes. What
ships beside our own code is the runtime that Chalice packs, so its release is the whole first bill.
"""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OUT = PROJECT / "out"
PACKAGE = ("deployment.zip", "sam.json")
DEVELOPMENT = PROJECT / "requirements-dev.txt"
SHIPPED, DEVELOPED = "sbom-package.json", "sbom-development.json"


def requirement(name: str, pinned: str) -> str:
    """One package's pin with its hashes, from the text of a requirements file. Raises LookupError."""
    found = re.search(rf"^{re.escape(name)}==[^\\\n]*(?:\\\n[^\\\n]*)*", pinned, re.MULTILINE)
    if found is None:
        raise LookupError(f"{name} is not pinned")
    return found[0] + "\n"


def bill(requirements: str) -> bytes:
    """The CycloneDX document of a requirements file's text, as JSON."""
    cyclonedx = str(Path(sys.executable).with_name("cyclonedx-py"))
    options = ["--pyproject", str(PROJECT / "pyproject.toml"), "--output-reproducible"]
    command = [cyclonedx, "requirements", *options, "-"]
    done = subprocess.run(  # nosec B603 # no shell, and no word of anybody else's
        command, input=requirements.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return done.stdout


def checksums(folder: Path, names: list[str]) -> str:
    """As `sha256sum --check` reads them."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def main() -> None:
    pinned = DEVELOPMENT.read_text()
    (OUT / SHIPPED).write_bytes(bill(requirement("chalice", pinned)))
    (OUT / DEVELOPED).write_bytes(bill(pinned))
    sums = checksums(OUT, [*PACKAGE, SHIPPED, DEVELOPED])
    (OUT / "SHA256SUMS").write_text(sums)
    print(sums, end="")


if __name__ == "__main__":
    main()
