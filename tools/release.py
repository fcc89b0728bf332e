"""Bills of materials (CycloneDX) and checksums, beside the package in out/.

    python -m tools.release

Made from files of the commit alone, so every machine gives the same bytes. The first bill lists what ships
beside our own code: the runtime that Chalice packs, the viewer of /docs, and what the pages' files contain.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OUT = PROJECT / "out"
PACKAGE = ("deployment.zip", "sam.json")
DEVELOPMENT = PROJECT / "requirements" / "dev.txt"
VIEWER = PROJECT / "chalicelib" / "web" / "viewer" / "swagger-ui" / "ORIGIN.md"
WEB_LOCK = PROJECT / "web" / "package-lock.json"
# What the built files of the pages contain, all under the ISC licence (chalicelib/web/NOTICE).
BUNDLED = ("d3-array", "d3-geo", "us-atlas")
SHIPPED, DEVELOPED = "sbom-package.json", "sbom-development.json"


def requirement(name: str, pinned: str) -> str:
    """Return one package's pin with its hashes, from the text of a lock. Raises LookupError."""
    match = re.search(rf"^{re.escape(name)}==[^\\\n]*(?:\\\n[^\\\n]*)*", pinned, re.MULTILINE)
    if match is None:
        raise LookupError(f"{name} is not pinned")
    return match[0] + "\n"


def bill(requirements: str) -> bytes:
    """Return the CycloneDX document of a lock's text, as JSON."""
    cyclonedx = str(Path(sys.executable).with_name("cyclonedx-py"))
    options = ["--pyproject", str(PROJECT / "pyproject.toml"), "--output-reproducible"]
    command = [cyclonedx, "requirements", *options, "-"]
    done = subprocess.run(  # nosec B603 # no shell, and all words are ours
        command, input=requirements.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return done.stdout


def with_viewer(bill: bytes, origin: str) -> bytes:
    """Add the viewer to a bill; its origin's text has version and digest."""
    match = re.search(r"`swagger-ui-dist` (\S+), unchanged.*?`sha512-(\S+)`", origin, re.DOTALL)
    if match is None:
        raise LookupError("the origin of the viewer names no version and no digest")
    return with_npm_package(bill, "swagger-ui-dist", match[1], match[2], "Apache-2.0")


def with_bundled(bill: bytes, lock: str) -> bytes:
    """Add the packages that the pages' files contain to a bill, from the text of npm's lock."""
    packages = json.loads(lock)["packages"]
    for name in BUNDLED:
        found = packages[f"node_modules/{name}"]
        digest = found["integrity"].removeprefix("sha512-")
        bill = with_npm_package(bill, name, found["version"], digest, "ISC")
    return bill


def with_npm_package(bill: bytes, name: str, version: str, digest: str, licence: str) -> bytes:
    """Add a package to a bill; `digest` is its SHA-512 in base64, as npm writes it."""
    document = json.loads(bill)
    document["components"].append(
        {
            "bom-ref": name,
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name}@{version}",
            "hashes": [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}],
            "licenses": [{"license": {"id": licence}}],
        }
    )
    document["dependencies"].append({"ref": name})
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def checksums(folder: Path, names: list[str]) -> str:
    """Return a file that `sha256sum --check` reads."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def main() -> None:
    pinned = DEVELOPMENT.read_text()
    shipped = bill(requirement("chalice", pinned))
    bundled = with_bundled(with_viewer(shipped, VIEWER.read_text()), WEB_LOCK.read_text())
    (OUT / SHIPPED).write_bytes(bundled)
    (OUT / DEVELOPED).write_bytes(bill(pinned))
    sums = checksums(OUT, [*PACKAGE, SHIPPED, DEVELOPED])
    (OUT / "SHA256SUMS").write_text(sums)
    print(sums, end="")


if __name__ == "__main__":
    main()
