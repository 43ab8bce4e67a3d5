"""Connections to where repositories say: only to addresses that `deploy.reach` opens, whatever a name or a redirect
leads to in the end."""

import errno
import socket
from collections.abc import Sequence

from aiohttp import AddrInfoType, TCPConnector

from deploy.promotion import Network
from deploy.reach import refusal


def careful(networks: Sequence[Network]) -> TCPConnector:
    """For a session that asks on behalf of repositories; `networks` are those that it may ask although not public."""

    def made(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if why := refusal(str(address[0]), networks):
            raise OSError(errno.EACCES, why)
        return socket.socket(family, kind, protocol)

    return TCPConnector(socket_factory=made)
