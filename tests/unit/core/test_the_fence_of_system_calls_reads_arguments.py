"""The filter program, stepped through as the kernel would, for both machines whatever this one is."""

from __future__ import annotations

import struct

import pytest

from auth_service.core import fences

OWN = 4321
PRIVATE, SHARED, ANONYMOUS = 0x02, 0x01, 0x20
READ, WRITE, EXECUTE = 1, 2, 4


def verdict(machine: str, name: str | int, *arguments: int, kind: int | None = None) -> str:
    """What happens to one call. source: the kernel's classic BPF, the four instructions that we use"""
    own_kind, calls = fences._CALLS[machine]
    conditions = {calls[each]: terms for each, terms in fences._conditions(OWN).items()}
    program = fences._steps(own_kind, sorted(set(calls.values()) - set(conditions)), conditions)
    number = calls[name] if isinstance(name, str) else name
    data = struct.pack("<IIQ6Q", number, kind or own_kind, 0, *(*arguments, *[0] * (6 - len(arguments))))
    accumulator, at = 0, 0
    while True:
        step = program[at]
        at += 1
        if step.code == fences._LOAD:
            (accumulator,) = struct.unpack_from("<I", data, step.value)
        elif step.code == fences._AND:
            accumulator &= step.value
        elif step.code == fences._EQUALS:
            at += step.if_true if accumulator == step.value else step.if_false
        else:
            return {fences._ALLOW: "allowed", fences._FORBID: "forbidden", fences._KILL: "killed"}[step.value]


@pytest.fixture(params=fences._CALLS)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.asvs("15.2.5")
def test_calls_of_the_list_pass_and_all_others_do_not(machine: str) -> None:
    kind, calls = fences._CALLS[machine]
    plain = set(calls) - set(fences._conditions(OWN))
    assert {verdict(machine, name, 7, 7, 7) for name in plain} == {"allowed"}
    others = set(range(600)) - set(calls.values())
    assert {verdict(machine, number) for number in others} == {"forbidden"}
    assert verdict(machine, "read", kind=kind ^ 1) == "killed"
    assert verdict(machine, calls["read"] | 0x40000000) == "forbidden"  # the same call by x86-64's other table


def test_only_private_memory_without_code_is_mapped(machine: str) -> None:
    for flags in (PRIVATE | ANONYMOUS, PRIVATE, PRIVATE | ANONYMOUS | 0x4000, PRIVATE | ANONYMOUS | 0x10):
        assert verdict(machine, "mmap", 0, 4096, READ | WRITE, flags) == "allowed"
    for flags in (SHARED | ANONYMOUS, 0x03, 0x00, 0x08, PRIVATE | 0x100, PRIVATE | 0x40000, PRIVATE | 1 << 32):
        assert verdict(machine, "mmap", 0, 4096, READ | WRITE, flags | ANONYMOUS) == "forbidden"
    assert verdict(machine, "mmap", 0, 4096, READ | EXECUTE, PRIVATE | ANONYMOUS) == "forbidden"
    assert verdict(machine, "mmap", 0, 4096, READ | 1 << 34, PRIVATE | ANONYMOUS) == "forbidden"


def test_memory_is_made_writable_and_nothing_else(machine: str) -> None:
    assert verdict(machine, "mprotect", 0, 4096, READ | WRITE) == "allowed"
    for protection in (0, READ, READ | WRITE | EXECUTE, READ | EXECUTE, READ | WRITE | 0x01000000, 3 | 1 << 32):
        assert verdict(machine, "mprotect", 0, 4096, protection) == "forbidden"


def test_signals_go_to_this_process_alone(machine: str) -> None:
    assert verdict(machine, "tgkill", OWN, 9, 6) == "allowed"
    for other in (OWN + 1, 1, 0, 0xFFFFFFFF, OWN | 1 << 32):
        assert verdict(machine, "tgkill", other, 9, 9) == "forbidden"


def test_advice_that_spoils_pages_is_refused(machine: str) -> None:
    assert {verdict(machine, "madvise", 0, 4096, advice) for advice in (0, 4, 8, 14, 25)} == {"allowed"}
    assert {verdict(machine, "madvise", 0, 4096, advice) for advice in (100, 101, 102, 1 << 32)} == {"forbidden"}
