"""A fenced child that tries what a talked-into decoder would try, and says how far it came."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
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


MEGABYTE = 1024 * 1024
ANONYMOUS = mmap.MAP_ANONYMOUS
READ, WRITE, EXECUTE = mmap.PROT_READ, mmap.PROT_WRITE, mmap.PROT_EXEC
GROWS_DOWN, VALIDATED, HUGE = 0x100, 0x3, 0x40000
X86 = os.uname().machine == "x86_64"
TGKILL, SIGRETURN, SIGALTSTACK, SHMGET = (234, 15, 131, 29) if X86 else (131, 139, 132, 194)


def _mapped(flags: int, protection: int = READ | WRITE, size: int = MEGABYTE) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long
    ]  # fmt: skip
    place = libc.mmap(None, size, protection, flags, -1, 0)
    if place in {None, ctypes.c_void_p(-1).value}:
        raise OSError(ctypes.get_errno(), "")
    return int(place)


def _hidden() -> None:
    """Memory that is filled and then made read-only, which does not count as data any more."""
    libc = ctypes.CDLL(None, use_errno=True)
    size = 50 * MEGABYTE
    for _ in range(10):
        place = _mapped(mmap.MAP_PRIVATE | ANONYMOUS, size=size)
        ctypes.memset(place, 1, size)
        failed = libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(size), READ)
        if failed:
            code = ctypes.get_errno()
            libc.munmap(ctypes.c_void_p(place), ctypes.c_size_t(size))
            raise OSError(code, "")


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
        "ptrace": lambda: _raw(101 if X86 else 117),
        "kill by thread": lambda: _raw(TGKILL, parent, parent, 0),
        "kill by half a number": lambda: _raw(TGKILL, os.getpid() | 1 << 32, parent, 0),
        "signal to itself": lambda: _raw(TGKILL, os.getpid(), os.getpid(), 0),
        "shared memory": lambda: mmap.mmap(-1, 160 * MEGABYTE, flags=mmap.MAP_SHARED | ANONYMOUS),
        "shared memory by its other name": lambda: _mapped(VALIDATED | ANONYMOUS),
        "a second stack": lambda: _mapped(mmap.MAP_PRIVATE | ANONYMOUS | GROWS_DOWN),
        "huge pages": lambda: _mapped(mmap.MAP_PRIVATE | ANONYMOUS | HUGE),
        "code": lambda: _mapped(mmap.MAP_PRIVATE | ANONYMOUS, READ | WRITE | EXECUTE),
        "private memory": lambda: _mapped(mmap.MAP_PRIVATE | ANONYMOUS),
        "hidden memory": _hidden,
        "a wide space of nothing": lambda: _mapped(mmap.MAP_PRIVATE | ANONYMOUS, READ, 1 << 40),
        "a file in memory": lambda: os.memfd_create("x"),
        "memory of System V": lambda: _raw(SHMGET, 0, MEGABYTE, 0o1600),
        "spoiling pages": lambda: _raw(28 if X86 else 233, 0, 4096, 100),
        "catching the end": lambda: signal.signal(signal.SIGXCPU, signal.SIG_IGN),
        "blocking the end": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGXCPU]),
        "returning with the end blocked": lambda: _raw(SIGRETURN),
        "another stack for signals": lambda: _raw(SIGALTSTACK),
    }
    for name, act in attempts.items():
        os.write(1, f"{name}={tried(act)}\n".encode().ljust(64))
    os.write(1, b"end".ljust(64))
    while True:  # uses processor time until somebody ends it
        pass


def _raw(number: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *(ctypes.c_long(each) for each in (*arguments, 0, 0, 0, 0))) == -1:
        raise OSError(ctypes.get_errno(), "")


if __name__ == "__main__" and len(sys.argv) == 1:
    main()
