"""Strangers' photos are decoded in a process that can do nothing else, and whose end harms nobody but its photo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from auth_service.core.errors import (
    CapacityExceeded,
    EngineFault,
    ImageRefused,
    ImageTooCostly,
    NoFaceFound,
    ServiceError,
    Unavailable,
)
from auth_service.core.fenced import ChildEnded, FencedChild, FencePolicy
from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.decoder import Decoder
from auth_service.engines.decoding import IntakePolicy, decode, reencode
from auth_service.engines.pixel_room import PixelRoom
from auth_service.engines.pool import InferencePool
from tests.engines import hostile, hostile_files, hostile_jpeg

POLICY = IntakePolicy()
ROOT = Path(__file__).parents[2]
MEGABYTE = 1024 * 1024
linux = pytest.mark.skipif(sys.platform != "linux", reason="the fence of system calls is Linux's")


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    one = Decoder(POLICY)
    one.ready()
    yield one
    one.close()


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether the process ends in time; a zombie has ended."""
    for _ in range(int(seconds * 50)):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][:1]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def segments_of(jpeg: bytes) -> set[int]:
    return {marker for marker, _ in hostile_jpeg.segments(jpeg)}


def memory(pid: int, what: str = "VmHWM") -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1024


def test_the_child_gives_the_same_pixels_as_decoding_here(decoder: Decoder) -> None:
    for data in (hostile.JPEG, hostile.PNG, hostile.WEBP, *(make() for make in hostile_files.TAKEN.values())):
        here, there = decode(data, POLICY), decoder.decode(data)
        assert np.array_equal(here.pixels, there.pixels)
        assert here.format == there.format
        assert there.pixels.flags.writeable


def test_changed_files_get_the_same_verdict_there_as_here(decoder: Decoder) -> None:
    random = np.random.default_rng(23)

    def verdict(read: Callable[[bytes], object], data: bytes) -> object:
        try:
            return read(data)
        except ImageRefused as refused:
            return refused.code, refused.detail

    for original in (hostile.JPEG, hostile.PNG, hostile.WEBP):
        for _ in range(60):
            data = bytearray(original)
            for at in random.integers(0, len(data), 4):
                data[at] = int(random.integers(0, 256))
            here = verdict(lambda raw: decode(raw, POLICY).pixels.tobytes(), bytes(data))
            assert verdict(lambda raw: decoder.decode(raw).pixels.tobytes(), bytes(data)) == here


@linux
@pytest.mark.asvs("15.2.5")
def test_the_child_can_open_nothing_reach_nothing_and_start_nothing() -> None:
    child = FencedChild("tests.engines.fence_prober", [], FencePolicy(cpu_seconds=2, wall_seconds=300))
    answers = {}
    while (line := child.receive(64).decode().strip()) != "end":
        name, _, outcome = line.partition("=")
        answers[name] = outcome
    allowed = ("modest memory", "signal to itself", "private memory")
    assert {name: answers.pop(name) for name in allowed} == dict.fromkeys(allowed, "done")
    others = {"environment": "KeyError", "memory": "MemoryError", "a wide space of nothing": "OSError"}
    assert {name: answers.pop(name) for name in others} == others
    assert answers == dict.fromkeys(answers, "PermissionError")
    assert len(answers) == 24
    child.send(b"turn until the time is over")
    with pytest.raises(ChildEnded) as ended:
        child.receive(64)
    assert ended.value.reason == "cpu"
    assert not child.alive


@linux
def test_the_serving_childs_fences_stand_in_the_systems_own_books(decoder: Decoder) -> None:
    status = Path(f"/proc/{decoder.pid}/status").read_text(encoding="ascii")
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    assert "Threads:\t1" in status
    assert Path(f"/proc/{decoder.pid}/cwd").readlink() == Path("/")
    assert b"PATH=" not in Path(f"/proc/{decoder.pid}/environ").read_bytes()
    assert decoder.fenced == "system calls"


def test_a_child_that_dies_is_replaced_and_the_photo_is_read(decoder: Decoder) -> None:
    assert decoder.pid is not None
    os.kill(decoder.pid, signal.SIGKILL)
    assert decoder.decode(hostile.JPEG).width == 160
    assert decoder.decode(hostile.PNG).width == 160


@pytest.mark.asvs("15.2.2", "5.2.1")
def test_a_photo_that_takes_too_much_memory_is_refused_and_the_next_one_is_read() -> None:
    small = Decoder(POLICY, FencePolicy(data_bytes=100 * MEGABYTE))
    try:
        large = hostile.saved("PNG", PIL.Image.new("RGB", (4032, 3024)))
        for _ in range(2):
            with pytest.raises(ImageTooCostly):
                small.decode(large)
            assert small.decode(hostile.JPEG).width == 160
    finally:
        small.close()


@linux
def test_a_photo_that_takes_too_long_is_refused_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding without end (endless_decoder.py): no machine is fast enough, and a busy one has minutes."""
    monkeypatch.setattr("auth_service.engines.decoder._MODULE", "tests.engines.endless_decoder")
    slow = Decoder(POLICY, FencePolicy(cpu_seconds=2, wall_seconds=300))
    bomb = hostile.scan_bomb(32)
    try:
        for _ in range(2):
            with pytest.raises(ImageTooCostly, match="long"):
                slow.decode(bomb)
            assert slow.decode(hostile.JPEG).width == 160
    finally:
        slow.close()


def test_a_child_that_stands_still_is_ended_by_the_clock() -> None:
    still = Decoder(POLICY, FencePolicy(wall_seconds=0.3))
    try:
        still.ready()
        assert still.pid is not None
        stopped = still.pid
        os.kill(stopped, signal.SIGSTOP)
        with pytest.raises(Unavailable):
            still.decode(hostile.JPEG)
        assert gone(stopped)
        assert still.decode(hostile.JPEG).width == 160
    finally:
        still.close()


def test_a_child_that_cannot_start_is_not_started_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.engines.decoder._MODULE", "auth_service.no_such_module")
    broken = Decoder(POLICY)
    try:
        with pytest.raises(EngineFault):
            broken.ready()
        with pytest.raises(Unavailable):
            broken.decode(hostile.JPEG)
        monkeypatch.undo()
        time.sleep(0.6)
        assert broken.decode(hostile.JPEG).width == 160
    finally:
        broken.close()


@pytest.mark.asvs("1.5.2")
@pytest.mark.parametrize(
    "answer", [(1, 9, 4, 4, 0), (1, 0, 0, 4, 0), (1, 0, 60000, 60000, 0), (99, 0, 1, 1, 0)], ids=str
)
def test_what_a_captured_child_says_is_believed_only_within_bounds(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, ...]
) -> None:
    before = decoder.pid
    monkeypatch.setattr(decoder, "_answer", lambda _child: (*answer[:4], "x"))
    with pytest.raises(EngineFault):
        decoder.decode(hostile.JPEG)
    monkeypatch.undo()
    assert decoder.pid != before
    assert decoder.decode(hostile.JPEG).width == 160


def test_a_parent_killed_without_warning_leaves_no_child(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from auth_service.engines.decoder import Decoder\n"
        "from auth_service.engines.decoding import IntakePolicy\n"
        "one = Decoder(IntakePolicy()); one.ready(); print(one.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    assert gone(child)


def test_a_decoder_that_nobody_holds_ends_its_child() -> None:
    one = Decoder(POLICY)
    one.ready()
    pid = one.pid
    assert pid is not None
    del one
    assert gone(pid)


@pytest.mark.parametrize("name", hostile_files.REFUSED)
@pytest.mark.asvs("5.2.2")
def test_every_hostile_file_gets_its_code_from_the_child_and_little_memory(name: str, shared_decoder: Decoder) -> None:
    make, code = hostile_files.REFUSED[name]
    with pytest.raises(ServiceError) as refused:
        shared_decoder.decode(make())
    assert refused.value.code == code
    assert shared_decoder.pid is not None
    assert memory(shared_decoder.pid) < 512 * MEGABYTE


def test_at_least_fifty_hostile_files_are_tried() -> None:
    truncations = [name for name in hostile_files.REFUSED if " cut " in name]
    assert len(hostile_files.REFUSED) - len(truncations) >= 100
    assert len(truncations) >= 50


@pytest.mark.asvs("5.4.3", "14.2.8")
def test_what_is_kept_of_a_strange_file_holds_none_of_what_was_strange(shared_decoder: Decoder) -> None:
    for make in hostile_files.TAKEN.values():
        kept = reencode(shared_decoder.decode(make()), POLICY)
        assert segments_of(kept) <= {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9}


@pytest.fixture(scope="module")
def shared_decoder() -> Iterator[Decoder]:
    one = Decoder(POLICY)
    one.ready()
    yield one
    one.close()


@linux
@pytest.mark.asvs("15.2.2", "5.2.6")
@pytest.mark.parametrize("workers", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_large_photos_and_bombs_at_once_keep_every_process_under_512_megabytes(tmp_path: Path, workers: int) -> None:
    pool = InferencePool(ReaderSpec("dlib-resnet", ROOT / "models", tmp_path), workers=workers, waiting=64)
    pids = [reader.decoder_pid for reader in pool._readers]
    rows = np.cumsum(np.random.default_rng(3).integers(0, 2, (3024, 1)), axis=0)
    large = hostile.saved("PNG", PIL.Image.fromarray(np.repeat(rows, 4032, axis=1).astype(np.uint8)).convert("RGB"))
    bomb = hostile.REFUSED["png bomb"][0]()
    assert pids[0] is not None
    before, peak = memory(os.getpid(), "VmRSS"), 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, memory(os.getpid(), "VmRSS"))

    def read(number: int) -> str:
        try:
            pool.read(bomb if number % 3 == 2 else large)
        except ServiceError as refused:
            return refused.code
        return "read"

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(3 * workers) as callers:
        codes = set(callers.map(read, range(3 * workers)))
    done.set()
    watcher.join()
    assert codes == {NoFaceFound.code, "image_too_many_pixels"}
    assert [reader.decoder_pid for reader in pool._readers] == pids
    assert all(memory(pid) < 512 * MEGABYTE for pid in pids if pid)
    assert peak - before < 512 * MEGABYTE
    assert pool.close()
    assert all(gone(pid) for pid in pids if pid)


def test_large_photos_wait_for_one_another_and_small_ones_do_not() -> None:
    room = PixelRoom(10)
    with room.taken(8):
        with pytest.raises(CapacityExceeded), room.taken(3, seconds=0.05):
            pass
        with room.taken(2, seconds=0.05):
            pass
    with room.taken(1000, seconds=0.05), pytest.raises(CapacityExceeded), room.taken(1, seconds=0.05):
        pass


def test_a_photo_without_room_is_refused_and_the_decoder_goes_on(decoder: Decoder) -> None:
    decoder.room = PixelRoom(1)
    large = hostile.saved("PNG", PIL.Image.new("RGB", (2000, 1500)))
    assert decoder.decode(large).width == 2000
    with decoder.room.taken(1):
        decoder.room.taken = lambda pixels: PixelRoom.taken(decoder.room, pixels, 0.05)  # type: ignore[method-assign]
        with pytest.raises(CapacityExceeded):
            decoder.decode(large)
        assert decoder.decode(hostile.JPEG).width == 160
