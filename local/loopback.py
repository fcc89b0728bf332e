"""Which hosts are this machine itself."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=256)  # asked for every request
def is_loopback(name: str) -> bool:
    """Return whether a host or an address of a client is this machine itself."""
    if is_address(name):
        return address(name).is_loopback
    return name == "localhost" or name.endswith(".localhost")


@lru_cache(maxsize=256)
def is_address(name: str) -> bool:
    try:
        address(name)
    except ValueError:
        return False
    return True


def address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(name)
    return getattr(parsed, "ipv4_mapped", None) or parsed
