"""What a child process that reads strangers' bytes forbids itself before it reads the first one.

Memory, files and processes are bounded by limits that a process cannot raise again; on Linux a list of the few system
calls that computing needs is left, and every other one fails. Nothing that such a child is talked into by a crafted
file can then open a file, reach the network, start a program or outgrow its memory.

source  trust.md 2.2 API4 and F27, ASVS 5.0 15.2.5; Linux: seccomp(2), setrlimit(2), linux/filter.h, linux/seccomp.h,
        the tables of system calls of x86-64 and arm64
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import sys

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FORBID, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
"""Allow; fail with EPERM (1); end the process."""
_NUMBER_AT, _MACHINE_AT = 0, 4
"""Offsets in `struct seccomp_data`."""

_CALLS = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10,
            "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17,
            "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39, "exit": 60, "getrusage": 98,
            "sigaltstack": 131, "gettid": 186, "futex": 202, "restart_syscall": 219, "clock_gettime": 228,
            "clock_nanosleep": 230, "exit_group": 231, "tgkill": 234, "getrandom": 318, "rseq": 334,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "read": 63, "write": 64, "close": 57, "fstat": 80, "ppoll": 73, "lseek": 62, "mmap": 222, "mprotect": 226,
            "munmap": 215, "brk": 214, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "pread64": 67,
            "sched_yield": 124, "mremap": 216, "madvise": 233, "getpid": 172, "exit": 93, "getrusage": 165,
            "sigaltstack": 132, "gettid": 178, "futex": 98, "restart_syscall": 128, "clock_gettime": 113,
            "clock_nanosleep": 115, "exit_group": 94, "tgkill": 131, "getrandom": 278, "rseq": 293,
        },
    ),
}  # fmt: skip
"""machine -> (AUDIT_ARCH of linux/audit.h, what stays allowed): computing, memory, and files that are open already."""


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def set_limits(data_bytes: int) -> None:
    """Bounds this process for good: private memory, no file grows by it, no core dump, no process or thread besides.

    data_bytes  all private writable memory (RLIMIT_DATA; shared libraries' code and shared memory do not count)
    """
    wanted = {
        resource.RLIMIT_DATA: data_bytes,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, limit in wanted.items():
        _, hard = resource.getrlimit(kind)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (bound, bound))


def forbid_opening() -> None:
    """No file handle above those that are open: what is loaded lazily must be loaded by now."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def forbid_system_calls() -> bool:
    """Leaves the calls of `_CALLS`; every other one fails with EPERM from now on, for good.

    returns  False where there is no such fence: not Linux, or a machine whose table is not here
    raises   OSError: Linux without seccomp; a child that should be fenced must not work unfenced
    """
    known = _CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    machine, calls = known
    steps = _steps(machine, sorted(calls.values()))
    program = _Program(len(steps), ctypes.cast(steps, ctypes.POINTER(_Step)))
    kernel = ctypes.CDLL(None, use_errno=True)
    _ask(kernel, _NO_NEW_PRIVILEGES, ctypes.c_ulong(1))
    _ask(kernel, _SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program))
    return True


def _steps(machine: int, numbers: list[int]) -> ctypes.Array[_Step]:
    """Wrong machine: end. One of the numbers: jump to the last step, which allows. Otherwise: the one before."""
    count = len(numbers)
    steps = [(_LOAD, 0, 0, _MACHINE_AT), (_EQUALS, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER_AT)]
    steps += [(_EQUALS, count - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _FORBID), (_RETURN, 0, 0, _ALLOW)]
    return (_Step * len(steps))(*(_Step(*step) for step in steps))


def _ask(kernel: ctypes.CDLL, option: int, *arguments: object) -> None:
    zeros = [ctypes.c_ulong(0)] * (4 - len(arguments))
    if kernel.prctl(ctypes.c_int(option), *arguments, *zeros) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")
