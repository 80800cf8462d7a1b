"""Rotation and retirement of the wrapping key beside people who are added, read and erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.signing import PublicKeyBook, TokenCheck, verify_token
from auth_service.core.audit import verify as verify_chain
from auth_service.core.errors import KeyDestroyed, KeyInUse, KeyMissing, KeyStoreUnavailable, NotFound, SealBroken
from auth_service.core.keys import WrappedKey
from auth_service.flows.rotate_keys import RotateKeys, RotateSigningKey
from auth_service.storage.unit import Store
from tests.builders import LI, WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.fakes import picture


@pytest.fixture
def rotate(agency: Agency) -> RotateKeys:
    return RotateKeys(agency.store, agency.keys, agency.clock)


@pytest.fixture
def second(agency: Agency) -> Iterator[Store]:
    """Another process with a cache of its own."""
    store = Store(agency.urls.front, KeyFile(agency.folder / "keys" / "keys.json"), agency.folder / "photos")
    yield store
    store.close()


class Once:
    """The real key store, with one thing done just before the first key is opened."""

    def __init__(self, real: KeyFile, then: Any) -> None:
        self._real = real
        self._then = then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        then, self._then = self._then, None
        opened = self._real.unwrap(wrapped, context)
        if then is not None:
            then()
        return opened


def actions(agency: Agency) -> list[str]:
    with agency.store.reading() as unit:
        return [row.event.action for row in unit.audit.rows()]


@pytest.mark.asvs("11.2.2", "13.3.4")
def test_everybody_is_readable_before_and_after_and_the_audit_says_so(
    agency: Agency, rotate: RotateKeys, second: Store
) -> None:
    people = [agency.person(id_number(date(1950, 1, 1), n)) for n in range(1, 8)]
    old = agency.keys.active
    done: list[int] = []
    report = rotate.run("cli", done.append, batch=3)
    assert (report.people, report.resumed, report.unreadable, sum(done)) == (7, False, (), 7)
    with second.reading() as unit:
        assert all(unit.people.get(person_id) is not None for person_id in people)
    states = {one.id: (one.state, one.wraps) for one in rotate.status()}
    assert states == {old: ("readable", 0), report.version: ("active", 8)}
    assert actions(agency)[-2:] == ["keys.rotation_started", "keys.rotation_finished"]
    again = rotate.run("cli")
    assert again.version != report.version
    assert again.people == 7


def test_an_interrupted_rotation_is_finished_and_not_begun_anew(agency: Agency, rotate: RotateKeys) -> None:
    for n in range(1, 6):
        agency.person(id_number(date(1950, 1, 1), n))

    def stop(done: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rotate.run("cli", stop, batch=2)
    version = agency.keys.active
    report = rotate.run("cli")
    assert (report.version, report.resumed, report.people) == (version, True, 3)
    assert actions(agency).count("keys.rotation_started") == 1


def test_one_that_was_stopped_before_its_first_transaction_is_finished_too(agency: Agency, rotate: RotateKeys) -> None:
    agency.person()
    version = agency.keys.add_version()
    report = rotate.run("cli")
    assert (report.version, report.resumed, report.people) == (version, True, 1)
    assert actions(agency)[-2:] == ["keys.rotation_started", "keys.rotation_finished"]


def test_whoever_is_erased_meanwhile_stays_erased(agency: Agency) -> None:
    gone = agency.person(WANG)
    stays = agency.person(LI)

    def erase() -> None:
        with agency.store.unit() as unit:
            unit.people.destroy_key(gone, agency.clock.now())

    report = RotateKeys(agency.store, Once(agency.keys, erase), agency.clock).run("cli")  # type: ignore[arg-type]
    assert report.unreadable == ()
    with agency.store.reading() as unit:
        assert unit.people.get(stays) is not None
        with pytest.raises(KeyDestroyed):
            unit.people.get(gone)


def test_somebody_added_meanwhile_is_wrapped_by_the_new_version(agency: Agency, second: Store) -> None:
    agency.person(WANG)
    added: list[str] = []
    report = RotateKeys(
        agency.store, Once(agency.keys, lambda: added.append(agency.person(LI))), agency.clock  # type: ignore[arg-type]
    ).run("cli")  # fmt: skip
    with second.reading() as unit:
        assert unit.people.get(added[0]) is not None
        assert unit.wrapping_keys.left(report.version) == 0


def test_two_rotations_at_once_end_under_one_version(agency: Agency, rotate: RotateKeys) -> None:
    for n in range(1, 5):
        agency.person(id_number(date(1950, 1, 1), n))
    other = RotateKeys(agency.store, agency.keys, agency.clock)
    started: list[int] = []

    def beside(done: int) -> None:
        if not started:
            started.append(done)
            agency.keys.add_version()  # what the other one's start would do
            other.run("cli")

    rotate.run("cli", beside, batch=2)
    with agency.store.reading() as unit:
        assert [state.wraps for state in unit.wrapping_keys.states() if state.wraps] == [5]
        assert unit.wrapping_keys.left(agency.keys.active) == 0


def test_keys_that_no_version_opens_are_named_and_left_alone(agency: Agency, rotate: RotateKeys) -> None:
    broken, fine = agency.person(WANG), agency.person(LI)
    with agency.store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE person_keys SET wrapping_key = 'file-lost' WHERE person_id = '{broken}'")
    report = rotate.run("cli")
    assert (report.unreadable, report.people, report.resumed) == ((broken,), 1, False)
    assert rotate.run("cli").version != report.version, "one broken key must not stop every later rotation"
    assert {one.id: one.state for one in rotate.status()}["file-lost"] == "missing"
    with agency.store.reading() as unit:
        assert unit.people.get(fine) is not None


def test_a_version_is_retired_only_when_nothing_needs_it(agency: Agency, rotate: RotateKeys, clock: FixedClock) -> None:
    agency.person()
    old = agency.keys.active
    with pytest.raises(KeyInUse):
        rotate.retire(old, "cli")
    report = rotate.run("cli")
    with pytest.raises(KeyInUse):  # keys parts of backups
        rotate.retire(old, "cli")
    with pytest.raises(NotFound):
        rotate.retire("file-unknown", "cli")
    clock.advance(days=31)
    rotate.retire(old, "cli")
    assert agency.keys.versions() == (report.version,)
    assert {one.id: one.state for one in rotate.status()}[old] == "retired"
    assert actions(agency)[-1] == "keys.retired"
    rotate.retire(old, "cli")
    assert actions(agency).count("keys.retired") == 1
    with agency.store.reading() as unit:
        assert verify_chain(unit.audit.rows()).ok


def test_a_version_that_wraps_something_is_not_retired_even_by_force(agency: Agency, rotate: RotateKeys) -> None:
    agency.person()
    old = agency.keys.active
    agency.keys.add_version()
    with pytest.raises(KeyInUse):
        rotate.retire(old, "cli", force=True)
    assert old in agency.keys.versions()


def test_a_process_that_has_not_noticed_cannot_wrap_with_a_retired_version(agency: Agency, rotate: RotateKeys) -> None:
    """Otherwise the key of a person just added would be lost with the version."""

    class Stale:
        """Still wraps with the version that was active when it was made."""

        def __init__(self) -> None:
            self.wrapped = agency.keys.wrap(bytes(32), b"")

        def __getattr__(self, name: str) -> Any:
            return getattr(agency.keys, name)

        def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
            return self.wrapped

    stale = Store(agency.urls.ledger, Stale(), agency.folder / "photos")  # type: ignore[arg-type]
    old = agency.keys.active
    rotate.run("cli")
    rotate.retire(old, "cli", force=True)
    agency.ledger_store, ledger_store = stale, agency.ledger_store
    with pytest.raises(KeyStoreUnavailable):
        agency.person()
    agency.ledger_store = ledger_store
    agency.person()
    stale.close()


def test_a_backup_from_before_is_closed_when_its_version_is_retired(agency: Agency, rotate: RotateKeys) -> None:
    """What erasure leans on: an old copy of a wrapped key opens nowhere once its version is gone."""
    someone = agency.person()
    with agency.store.reading() as unit:
        (copied,) = unit.wrapping_keys.of_people("", "", 10)
    old = agency.keys.active
    rotate.run("cli")
    assert agency.keys.unwrap(copied.wrapped, f"auth-service data key\0{someone}".encode())
    rotate.retire(old, "cli", force=True)
    with pytest.raises(KeyMissing):
        agency.keys.unwrap(copied.wrapped, f"auth-service data key\0{someone}".encode())


def test_certificates_outlive_the_key_that_signed_them(agency: Agency) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang", take=1))
    before = agency.verify(WANG, picture("wang", take=2)).certificate
    book = PublicKeyBook(agency.folder / "keys" / "public_keys.json")
    book.remember(agency.signer)
    check = TokenCheck(book)
    ids = RotateSigningKey(agency.store, agency.signer, book, agency.clock).run("cli")
    agency.clock.advance(minutes=30)  # type: ignore[attr-defined]
    after = agency.verify(WANG, picture("wang", take=3)).certificate
    assert before is not None
    assert after is not None
    assert tuple(book.all()) == ids
    assert [check(one.token).key_id for one in (before, after)] == list(ids)
    with pytest.raises(SealBroken):
        verify_token(after.token, {ids[0]: book.all()[ids[0]]})
    assert "keys.signing_rotated" in actions(agency)


def test_an_unavailable_key_store_stops_a_rotation_that_is_then_run_again(agency: Agency, rotate: RotateKeys) -> None:
    for n in range(1, 5):
        agency.person(id_number(date(1950, 1, 1), n))
    path = agency.folder / "keys" / "keys.json"
    with pytest.raises(KeyStoreUnavailable):
        rotate.run("cli", lambda _: path.rename(path.with_suffix(".away")), batch=2)  # type: ignore[func-returns-value,arg-type]
    path.with_suffix(".away").rename(path)
    assert rotate.run("cli").people == 2
