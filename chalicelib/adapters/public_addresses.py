"""Public IP addresses: a list of our own, since `ipaddress.is_global` differs by release of Python.

The list holds every block of IANA's two special-purpose registries, as of 2025-10-09: also the few blocks
that are globally reachable, since no subscriber lives in them.
"""

import ipaddress

# https://www.iana.org/assignments/iana-ipv4-special-registry, with multicast and a cloud's own service.
SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # the platform service of every virtual machine on Azure
        ),
    )
)
# IANA has assigned no unicast address outside it, but for special purposes.
UNICAST_IPV6 = ipaddress.IPv6Network("2000::/3")
# https://www.iana.org/assignments/iana-ipv6-special-registry, within 2000::/3: protocol assignments with
# Teredo, documentation, 6to4, and AS112.
SPECIAL_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)


def is_public(text: str) -> bool:
    """Return whether an IP address is public, and tunnels to no other address. Raises ValueError."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    return address in UNICAST_IPV6 and not any(address in network for network in SPECIAL_IPV6)
