"""Prints of films: read for one person, found across people by their frames, gone with the person and with time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import SealBroken, StorageFault
from auth_service.core.retention import LEAST_PRINT_DAYS, PRINT_DAYS
from auth_service.liveness import replay_print
from auth_service.liveness.replay_print import WAVES, PrintedStep, ReplayPrint
from auth_service.storage.unit import Store
from tests.databases import BOTH, PostgresDatabase
from tests.storage.samples import PASSED, TRY_AGAIN, direct_sql, evidence, person

TODAY = datetime.now(UTC)
"""The real day: the database looks at its own clock before it lets a print go."""


def film(seed: int, frames: int = 20) -> ReplayPrint:
    drawn = np.random.default_rng(seed)
    digests = tuple(bytes(row) for row in drawn.integers(0, 256, (frames, 8), np.uint8))
    waves = drawn.integers(-60, 60, (frames, WAVES), np.int8)
    return ReplayPrint((PrintedStep(1, np.arange(frames, dtype=np.int64) * 125, digests, waves),))


class Office:
    """Two people, as the serving role may get at their films."""

    def __init__(self, front: Store, ledger: Store, url: str) -> None:
        self.store, self.url = front, url
        self.people = [person(ledger, sequence) for sequence in (1, 2)]

    def remember(self, seed: int, who: int | None = 0, days_ago: float = 1, passed: bool = True) -> str:
        someone = None if who is None else self.people[who]
        with self.store.unit() as unit:
            proof = evidence(someone)
            unit.evidence.add(proof, PASSED if passed else TRY_AGAIN)
            unit.replay_prints.add(proof.id, someone, film(seed), TODAY - timedelta(days=days_ago))
        return proof.id

    def known(self, who: int = 0, most: int = 8) -> list[str]:
        with self.store.reading() as unit:
            return [one.session_id for one in unit.replay_prints.of_person(self.people[who], most)]

    def sharing(self, one: ReplayPrint, most: int = 8) -> list[tuple[str, int]]:
        with self.store.reading() as unit:
            return [(found.session_id, found.frames) for found in unit.replay_prints.sharing(one.digests, most)]

    def count(self) -> list[int]:
        return [int(direct_sql(self.url, f"SELECT count(*) FROM replay_{what}")[0][0]) for what in ("prints", "cells")]


@pytest.fixture(params=BOTH)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    keys = KeyFile.open_or_create(tmp_path / "keys.json")
    if request.param == "postgres":
        database: PostgresDatabase = request.getfixturevalue("empty_postgres")
        front, ledger = (Store(url, keys, tmp_path) for url in (database.urls.front, database.urls.ledger))
        url = database.urls.front
    else:
        url = f"sqlite:///{tmp_path / 'service.db'}"
        front = ledger = Store(url, keys, tmp_path)
    front.migrate()
    yield Office(front, ledger, url)
    front.close()
    ledger.close()


def test_a_persons_films_come_back_as_they_went_in_passes_first_then_the_newest(office: Office) -> None:
    failed, old, new = (
        office.remember(1, passed=False),
        office.remember(2, days_ago=300),
        office.remember(3, days_ago=9),
    )
    office.remember(4, who=1)
    assert office.known() == [new, old, failed]
    assert office.known(most=2) == [new, old]
    with office.store.reading() as unit:
        (newest,) = unit.replay_prints.of_person(office.people[0], 1)
    assert newest.print is not None
    assert newest.print.to_bytes() == film(3).to_bytes()


def test_a_film_of_another_release_is_told_of_and_not_read(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    new = office.remember(1)
    with monkeypatch.context() as before:
        before.setattr(replay_print, "VERSION", replay_print.VERSION + 1)
        old = office.remember(2, days_ago=9)
    with office.store.reading() as unit:
        found = [(one.session_id, one.print is None) for one in unit.replay_prints.of_person(office.people[0], 8)]
    assert found == [(new, False), (old, True)]
    assert office.sharing(film(2)) == [(old, 8)], "its frames are known as before"


def test_frames_are_found_whoever_they_were_shown_for_and_no_digest_is_kept(office: Office) -> None:
    mine, of_nobody = office.remember(1), office.remember(2, who=None)
    assert office.sharing(film(1)) == [(mine, 8)]
    assert office.sharing(film(2)) == [(of_nobody, 8)]
    assert office.sharing(film(3)) == []
    half = ReplayPrint((PrintedStep(1, *(part[:10] for part in (film(1).steps[0].times, film(1).steps[0].digests,
                                                              film(1).steps[0].waves))),))  # fmt: skip
    assert [one for one, _ in office.sharing(half)] == [mine]
    cells = {bytes(row[0]) for row in direct_sql(office.url, "SELECT cell FROM replay_cells")}
    assert len(cells) == 16
    assert not any(digest in cell for digest in film(1).digests for cell in cells)


def test_of_somebody_who_is_not_in_the_ledger_nothing_is_kept_that_shows_a_face(office: Office) -> None:
    office.remember(1, who=None)
    assert [bytes(row[0]) for row in direct_sql(office.url, "SELECT print_sealed FROM replay_prints")] == [b""]


def test_a_print_opens_in_its_own_row_only(office: Office) -> None:
    one = office.remember(1)
    with office.store.unit() as unit:
        other = evidence(office.people[0])
        unit.evidence.add(other, PASSED)
    copied = f"SELECT '{other.id}', person_id, print_sealed, taken_at FROM replay_prints WHERE evidence_id = '{one}'"
    direct_sql(office.url, f"INSERT INTO replay_prints (evidence_id, person_id, print_sealed, taken_at) {copied}")
    with pytest.raises(SealBroken):
        office.known()


@pytest.mark.parametrize("change", [
    "DELETE FROM replay_cells", "DELETE FROM replay_prints",
    "UPDATE replay_cells SET cell = print_sealed FROM replay_prints", "UPDATE replay_prints SET person_id = NULL",
    "UPDATE replay_prints SET taken_at = '2001-03-10 00:00:00.000000'",
])  # fmt: skip
def test_a_film_is_neither_forgotten_nor_changed(office: Office, change: str) -> None:
    office.remember(1, days_ago=LEAST_PRINT_DAYS - 1)
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        direct_sql(office.url, change)
    with pytest.raises(StorageFault), office.store.unit() as unit:
        unit.expiry.remove_rows("replay_prints", TODAY, 10)
    assert office.count() == [1, 8]


def test_a_film_goes_with_its_frames_after_a_year_and_two_months(office: Office) -> None:
    kept = office.remember(1, days_ago=PRINT_DAYS - 1)
    office.remember(2, days_ago=PRINT_DAYS + 1)
    office.remember(3, who=None, days_ago=PRINT_DAYS + 1)
    before = TODAY - timedelta(days=PRINT_DAYS)
    with office.store.unit() as unit:
        assert unit.expiry.count_rows("replay_prints", before) == 2
        assert unit.expiry.remove_rows("replay_prints", before, 10) == 2
    assert (office.count(), office.known()) == ([1, 8], [kept])


def test_an_erased_persons_films_go_at_once_and_nobody_elses(office: Office) -> None:
    office.remember(1)
    other = office.remember(2, who=1)
    with office.store.unit() as unit:
        assert unit._work.keys.destroy(office.people[0], TODAY)
        assert unit.replay_prints.forget(office.people[0]) == 1
        assert unit.replay_prints.forget(office.people[0]) == 0
    assert (office.count(), office.sharing(film(1)), office.known(1)) == ([1, 8], [], [other])
    with pytest.raises(StorageFault), office.store.unit() as unit:
        unit.replay_prints.forget(office.people[1])
