"""What a child process that reads strangers' bytes forbids itself before it reads the first one.

Memory, files and processes are bounded by limits that a process cannot raise again; on Linux a list of the few system
calls that computing needs is left, some of them with some arguments only, and every other one fails. Nothing that such
a child is talked into by a crafted file can then open a file, reach the network or another process, start a program,
outgrow its memory or outlive its processor time. What holds against whom: docs/decisions/0020-decoding-child.md.

source  trust.md 2.2 API4 and F27, ASVS 5.0 15.2.5; Linux: seccomp(2), setrlimit(2), mmap(2), linux/filter.h,
        linux/seccomp.h, the tables of system calls of x86-64 and arm64
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import sys
from pathlib import Path

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUALS, _RETURN, _AND = 0x20, 0x15, 0x06, 0x54
_ALLOW, _FORBID, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
"""Allow; fail with EPERM (1); end the process."""
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
"""Offsets in `struct seccomp_data`. An argument has eight bytes, the lower half first on both machines below."""
_STACK_BYTES = 8 * 1024 * 1024
"""source: what Linux distributions set; without it a stack may be unlimited, and is not counted as data"""

_CALLS = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10,
            "munmap": 11, "brk": 12, "pread64": 17,
            "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39, "exit": 60, "getrusage": 98,
            "gettid": 186, "futex": 202, "restart_syscall": 219, "clock_gettime": 228,
            "clock_nanosleep": 230, "exit_group": 231, "tgkill": 234, "getrandom": 318, "rseq": 334,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "read": 63, "write": 64, "close": 57, "fstat": 80, "ppoll": 73, "lseek": 62, "mmap": 222, "mprotect": 226,
            "munmap": 215, "brk": 214, "pread64": 67,
            "sched_yield": 124, "mremap": 216, "madvise": 233, "getpid": 172, "exit": 93, "getrusage": 165,
            "gettid": 178, "futex": 98, "restart_syscall": 128, "clock_gettime": 113,
            "clock_nanosleep": 115, "exit_group": 94, "tgkill": 131, "getrandom": 278, "rseq": 293,
        },
    ),
}  # fmt: skip
"""machine -> (AUDIT_ARCH of linux/audit.h, what stays allowed): computing, memory, and files that are open already.
Nothing about signals: who cannot catch, block or return from SIGXCPU ends when its time is over."""

_WHOLE = 0xFFFFFFFF
_PROTECTION = 0x3
"""PROT_READ | PROT_WRITE"""
_MAPPING, _PRIVATE = 0xF | 0x100 | 0x40000, 0x2
"""MAP_TYPE, MAP_GROWSDOWN and MAP_HUGETLB; of these MAP_PRIVATE alone. Shared and growing memory is not data to the
kernel."""
_ADVICE = 0x1F
"""Advice about one's own memory; what spoils pages for everybody (MADV_HWPOISON and above) begins at 100."""


def _conditions(own: int) -> dict[str, tuple[tuple[int, int, int], ...]]:
    """Calls that stay allowed with some arguments only: (place, which bits are looked at, what they must be).

    mprotect only makes memory writable: what is filled and then made read-only is no longer counted as data.
    own  this process, the only one that it may send a signal to: `abort` does
    """
    return {
        "mmap": ((2, _WHOLE ^ _PROTECTION, 0), (3, _MAPPING, _PRIVATE)),
        "mprotect": ((2, _WHOLE, _PROTECTION),),
        "madvise": ((2, _WHOLE ^ _ADVICE, 0),),
        "tgkill": ((0, _WHOLE, own),),
    }


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
    """Bounds this process for good: memory, no file grows by it, no core dump, no process or thread besides.

    data_bytes  all private writable memory (RLIMIT_DATA); on Linux also what may be mapped of any kind from now on, so
                that memory which does not count as private data, and the tables that describe it, are bounded too
    """
    wanted = {
        **(_more_limits(data_bytes) if sys.platform == "linux" else {}),
        resource.RLIMIT_DATA: data_bytes,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, limit in wanted.items():
        _, hard = resource.getrlimit(kind)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (bound, bound))


def _more_limits(data_bytes: int) -> dict[int, int]:
    """The stack, and all that is mapped: what is mapped already and not data (code, shared memory), and the data."""
    pages = [int(number) for number in Path("/proc/self/statm").read_text(encoding="ascii").split()]
    mapped = (pages[0] - pages[5]) * resource.getpagesize()
    return {resource.RLIMIT_STACK: _STACK_BYTES, resource.RLIMIT_AS: mapped + data_bytes + _STACK_BYTES}


def forbid_opening() -> None:
    """No file handle above those that are open: what is loaded lazily must be loaded by now."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def forbid_system_calls() -> bool:
    """Leaves the calls of `_CALLS`, with the arguments of `_conditions`; every other one fails with EPERM, for good.

    returns  False where there is no such fence: not Linux, or a machine whose table is not here
    raises   OSError: Linux without seccomp; a child that should be fenced must not work unfenced
    """
    known = _CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    machine, calls = known
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own handler could not return any more
    conditions = {calls[name]: terms for name, terms in _conditions(os.getpid()).items()}
    steps = _steps(machine, sorted(set(calls.values()) - set(conditions)), conditions)
    program = _Program(len(steps), ctypes.cast(steps, ctypes.POINTER(_Step)))
    kernel = ctypes.CDLL(None, use_errno=True)
    _ask(kernel, _NO_NEW_PRIVILEGES, ctypes.c_ulong(1))
    _ask(kernel, _SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program))
    return True


def _steps(
    machine: int, numbers: list[int], conditions: dict[int, tuple[tuple[int, int, int], ...]]
) -> ctypes.Array[_Step]:
    """Wrong machine: end. A number with conditions: its own block. One of the other numbers: jump to the last step,
    which allows. Otherwise: the one before."""
    count = len(numbers)
    steps = [(_LOAD, 0, 0, _MACHINE_AT), (_EQUALS, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER_AT)]
    for number, terms in conditions.items():
        block = _block(terms)
        steps += [(_EQUALS, 0, len(block), number), *block]
    steps += [(_EQUALS, count - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _FORBID), (_RETURN, 0, 0, _ALLOW)]
    return (_Step * len(steps))(*(_Step(*step) for step in steps))


def _block(terms: tuple[tuple[int, int, int], ...]) -> list[tuple[int, int, int, int]]:
    """Allows when every term holds. The upper half of each argument must be empty, whether the kernel looks at it or
    not: an `int` from a C library that is not negative has none."""
    block: list[tuple[int, int, int, int]] = []
    for done, (place, bits, wanted) in enumerate(terms):
        at, after = _ARGUMENTS_AT + 8 * place, 5 * (len(terms) - done - 1)
        block += [
            (_LOAD, 0, 0, at + 4), (_EQUALS, 0, after + 4, 0),
            (_LOAD, 0, 0, at), (_AND, 0, 0, bits), (_EQUALS, 0, after + 1, wanted),
        ]  # fmt: skip
    return [*block, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _FORBID)]


def _ask(kernel: ctypes.CDLL, option: int, *arguments: object) -> None:
    zeros = [ctypes.c_ulong(0)] * (4 - len(arguments))
    if kernel.prctl(ctypes.c_int(option), *arguments, *zeros) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")
