"""Which addresses may be asked for people who can push: a URL of theirs must not reach what only we can reach."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from deploy.promotion import Network

NEVER = (
    *map(ip_network, ("169.254.0.0/16", "fe80::/10")),  # link-local: instances' and tasks' credentials
    ip_network("fd00:ec2::/32"),  # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
    ip_network("100.100.100.200/32"),  # Alibaba Cloud's metadata
    ip_network("168.63.129.16/32"),  # Azure's
    ip_network(
        "192.0.0.0/24"
    ),  # Oracle's, among what https://datatracker.ietf.org/doc/html/rfc6890 keeps for protocols
)
_TRANSLATED = (
    *map(ip_network, ("64:ff9b:1::/48", "::ffff:0:0:0/96")),  # rfc8215 and rfc2765: any host of the own network
    *map(ip_network, ("::/96", "fec0::/10")),  # forms that are not in use any more, and still count as public
)
_NAT64 = ip_network("64:ff9b::/96")
"""https://datatracker.ietf.org/doc/html/rfc6052"""


def refusal(address: str, networks: Iterable[Network]) -> str:
    """Why this address may not be asked, or nothing; `networks` are those that may be although they are not public."""
    here = [ip_address(address.partition("%")[0])]
    if isinstance(here[0], IPv6Address):
        here += _inside(here[0])
    for each in here:
        if any(each in network for network in NEVER) or each.is_multicast or each.is_unspecified:
            return f"{address} is nobody's public address"
    is_public = all(each.is_global for each in here) and not any(here[0] in network for network in _TRANSLATED)
    if is_public or any(here[-1] in network for network in networks):
        return ""
    return f"{address} is a private address, and its network is none that the operator lets webhooks ask"


def _inside(address: IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The IPv4 address that a packet to this one ends at."""
    nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    teredo = address.teredo[1] if address.teredo else None
    return [each for each in (address.ipv4_mapped, address.sixtofour, teredo, nat64) if each]
