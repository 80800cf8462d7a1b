"""A fenced child that tries what a talked-into decoder would try, and says how far it came."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from pathlib import Path

from auth_service.core.fences import forbid_opening, forbid_system_calls, set_limits


def tried(act: object) -> str:
    try:
        act()  # type: ignore[operator]
    except BaseException as error:  # noqa: BLE001 - any failure is the answer
        return type(error).__name__
    return "done"


def main() -> None:
    parent = os.getppid()
    set_limits(200 * 1024 * 1024)
    forbid_opening()
    forbid_system_calls()
    attempts = {
        "open": lambda: Path("/etc/hostname").read_bytes(),
        "write": lambda: Path("/tmp/x").write_bytes(b""),
        "remove": lambda: Path("/tmp/no-such-file").unlink(),
        "socket": socket.socket,
        "fork": os.fork,
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "kill": lambda: os.kill(parent, 0),
        "environment": lambda: os.environ["PATH"],
        "limits": lambda: set_limits(2**40),
        "memory": lambda: bytearray(300 * 1024 * 1024),
        "modest memory": lambda: bytearray(50 * 1024 * 1024),
        "ptrace": lambda: _raw(101 if os.uname().machine == "x86_64" else 117),
    }
    for name, act in attempts.items():
        os.write(1, f"{name}={tried(act)}\n".encode().ljust(64))
    os.write(1, b"end".ljust(64))
    while True:  # uses processor time until somebody ends it
        pass


def _raw(number: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, 0, 0, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), "")


if __name__ == "__main__" and len(sys.argv) == 1:
    main()
