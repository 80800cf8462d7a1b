"""64 verifications of different people at the same time give exactly the scores that they give one after another."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auth_service.flows.verify import VerifyRequest
from auth_service.qualification.evidence import Channel
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.acceptance.lfw import run, village

PEOPLE = 64


@pytest.mark.data
def test_sixty_four_people_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    people = village(tmp_path / "village", PEOPLE + 6)
    for number, paths in people.photos.items():
        for path in paths[1:]:
            (people.folder / "photos" / number / path.name).unlink()
    run(home, "init")
    run(home, "ledger", "import", str(people.ledger))
    run(home, "enroll", str(people.folder / "photos"), "--jobs", "2")
    wiring = Wiring(load_settings(home=home, readers=4, queue=PEOPLE))
    try:
        numbers = _verifiable(wiring, {number: paths[1] for number, paths in people.photos.items()})[:PEOPLE]
        assert len(numbers) == PEOPLE
        alone = [_score(wiring, number, people.photos[number][1]) for number in numbers]
        start = threading.Barrier(PEOPLE)

        def at_once(number: str) -> float | None:
            start.wait(timeout=60)
            return _score(wiring, number, people.photos[number][1])

        with ThreadPoolExecutor(PEOPLE) as threads:
            together = list(threads.map(at_once, numbers))
    finally:
        wiring.store.close()
    assert len(set(alone)) == PEOPLE
    assert together == alone


def _verifiable(wiring: Wiring, probes: dict[str, Path]) -> list[str]:
    """People whose reference was enrolled and whose probe shows a face (a few LFW photos do not)."""
    found = []
    for number, path in probes.items():
        if _score(wiring, number, path) is not None:
            found.append(number)
    return found


def _score(wiring: Wiring, number: str, path: Path) -> float | None:
    from auth_service.core.errors import NoFaceFound  # noqa: PLC0415

    try:
        result = wiring.verify.run(VerifyRequest(number, (path.read_bytes(),), Channel.COUNTER, "cli"))
    except NoFaceFound:
        return None
    return result.comparison.similarity if result.comparison else None
