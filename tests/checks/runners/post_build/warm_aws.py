"""Debian's aws, imported once: a call is a fork of it, which saves the half second that each start takes.

`warm_aws.py SOCKET` waits for calls; `warm_aws.py SOCKET ARGUMENT…` is one. As aws, it is run by Debian's Python.
"""

import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

STREAMS = (0, 1, 2)
MOST = 1 << 16


def serve(where: str) -> None:
    from awscli.clidriver import create_clidriver  # type: ignore[import-not-found]  # noqa: PLC0415  Debian has it

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(where)
        listening.listen(64)
        print(f"waiting at {where}", flush=True)  # noqa: T201  whoever started it waits for that
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # calls tell their status themselves
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(connection, create_clidriver)
            connection.close()


def _answer(connection: socket.socket, new_driver: Callable[[], Any]) -> None:
    """In the caller's place: with its streams, its directory and its environment."""
    status: Any = 255
    data = os.environ["AWS_DATA_PATH"]  # awscli has said there where its own files are
    try:
        told, streams, _, _ = socket.recv_fds(connection, MOST, len(STREAMS))
        while not told.endswith(b"\n"):
            told += connection.recv(MOST)
        call = json.loads(told)
        for stream, own in zip(streams, STREAMS, strict=True):
            os.dup2(stream, own)
            os.close(stream)
        os.chdir(call["directory"])
        os.environ.clear()
        os.environ.update(call["environment"], AWS_DATA_PATH=data)
        status = new_driver().main(call["arguments"])
    except SystemExit as ended:
        status = ended.code
    except Exception:  # noqa: BLE001  the caller is told, as a program of its own would tell it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(bytes([status]))
        os._exit(0)


def call(where: str, arguments: Sequence[str]) -> int:
    told = {"arguments": arguments, "directory": str(Path.cwd()), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(where)
        socket.send_fds(connection, [b" "], STREAMS)
        connection.sendall(json.dumps(told).encode() + b"\n")
        return connection.recv(1)[0]


if __name__ == "__main__":
    place, *given = sys.argv[1:]
    if given:
        sys.exit(call(place, given))
    serve(place)
