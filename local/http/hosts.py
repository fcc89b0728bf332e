"""The hosts that a laptop's server answers for, and the clients that may stop it.

The owner of a name can let it resolve to this machine (DNS rebinding): to a browser, our responses would then
belong to the page of that name.
"""

from chalicelib.bootstrap import get_settings
from chalicelib.errors import shown
from chalicelib.routes.cors import authority
from local.loopback import is_address, is_loopback


def refused_host(host: str, bound: str) -> str | None:
    """Return why a server bound to an address does not answer a Host header; None if it does."""
    name, settings = without_port(host), get_settings()
    names = {*settings.allowed_hosts, without_port(authority(settings.public_url))}
    if is_loopback(name) or name in names or (is_address(name) and not is_loopback(bound)):
        return None
    return f"this server does not answer for the host {shown(host)}; STATLINE_ALLOWED_HOSTS may name it"


def without_port(host: str) -> str:
    """Return the name or address of a Host header, in lower case, without brackets or a last dot."""
    name, colon, port = host.strip().lower().rpartition(":")
    if not colon or not port.isdigit():
        name = host.strip().lower()
    return name.removeprefix("[").removesuffix("]").removesuffix(".")
