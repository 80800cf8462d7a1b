"""Erasure: who may, what goes, what stays, and that neither a crash nor an older backup takes it back (F42)."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.connectors.erasure_file import ErasureFile
from auth_service.connectors.key_file import KeyFile
from auth_service.core.audit import verify as verify_chain
from auth_service.core.clock import legal_date
from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.core.errors import (
    AccessRefused,
    BeneficiaryUnknown,
    ErasureHeldBack,
    KeyDestroyed,
    NotFound,
    StorageFault,
)
from auth_service.flows.erase import Erase, Erased, EraseRequest
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.monitoring.flags import Verdict
from auth_service.qualification.decision import DecisionPolicy, Outcome
from auth_service.storage.unit import Store
from tests.builders import LI, WANG, Agency
from tests.fakes import FAKE_ENGINE, FakeReader, fake_calibration, picture

OFFICER = "piao"
EMPTY = {
    "people": ("id_number_sealed", "name_sealed", "birth_date_sealed", "phone_sealed", "contact_name_sealed"),
    "reference_photos": ("template_sealed", "photo_hash_sealed"),
    "reference_sets": ("template_sealed",),
    "captures": ("template_sealed", "photo_hash_sealed"),
    "consents": ("reference_sealed",),
}


class Privacy:
    """The privacy officer's desk of an agency."""

    def __init__(self, agency: Agency, path: Path) -> None:
        self.agency = agency
        self.record = ErasureFile(path)
        self.erase = Erase(agency.store, agency.ledger_store, self.record, agency.clock)
        agency.member(Role.PRIVACY_OFFICER, OFFICER)

    def run(self, number: str = WANG, reason: ErasureReason = ErasureReason.ASKED_FOR, by: str = OFFICER) -> Erased:
        return self.erase.run(EraseRequest(Requester.PERSON, reason, by, "cli", number))


@pytest.fixture
def privacy(agency: Agency, tmp_path: Path) -> Privacy:
    return Privacy(agency, tmp_path / "elsewhere" / "erasures.jsonl")


@pytest.fixture
def rows(agency: Agency, request: pytest.FixtureRequest) -> Iterator[Callable[..., list[Any]]]:
    """Behind the service's back."""
    url = agency.urls.front
    if url.startswith("postgresql"):
        url = request.getfixturevalue("postgres_database").admin
    engine = create_engine(url)

    def ask(statement: str, **values: Any) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    yield ask
    engine.dispose()


def live(agency: Agency, number: str = WANG, face: str = "wang") -> str:
    """Somebody with a life: a bank account, photos, a pass, a failed try with a picture."""
    person_id = agency.person(number)
    values = {
        "id_number": number,
        "name": "王秀英",
        "benefit_kind": "resident_pension",
        "bank_account": "6222020200112",
    }
    now = agency.clock.now()
    with agency.ledger_store.unit() as unit:
        unit.people.apply(check_ledger_row(values, legal_date(now)), now, "batch")
    agency.enroll(number, picture(face, take=1), picture(face, take=2))
    agency.verify(number, picture(face, take=3))
    agency.clock.advance(hours=1)  # type: ignore[attr-defined]
    agency.verify(number, picture(face, take=4, blur=0.5))
    return person_id


def test_nothing_that_the_key_opened_or_that_finds_the_person_is_left(
    agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]], tmp_path: Path
) -> None:
    person_id, other = live(agency), live(agency, LI, "li")
    found_by = "SELECT person_key, id_number_index, name_index, region_code FROM people WHERE id = :id"
    before = rows(found_by, id=person_id)
    files = set((tmp_path / "photos").rglob("????????*"))
    erased = privacy.run()
    assert not erased.already
    assert all(erased.counts[kind] for kind in ("keys", "people", "reference_photos", "captures", "pictures"))
    for table, columns in EMPTY.items():
        owner = "id" if table == "people" else "person_id"
        for row in rows(f"SELECT {', '.join(columns)} FROM {table} WHERE {owner} = :id", id=person_id):
            assert not any(bytes(value) for value in row if value is not None), table
        assert rows(f"SELECT 1 FROM {table} WHERE {owner} = :id", id=other) or table == "consents"
    after = rows(found_by, id=person_id)
    assert not set(before[0][:3]) & set(after[0][:3])
    assert before[0][3] == after[0][3], "totals by region must still add up"
    banked = "SELECT 1 FROM bank_references WHERE person_id = :id"
    assert rows(banked, id=person_id) == []
    assert rows(banked, id=other) != []
    gone = files - set((tmp_path / "photos").rglob("????????*"))
    assert len(gone) == erased.counts["pictures"]
    with agency.store.reading() as unit:
        assert unit.people.id_of(WANG) is None
        assert unit.people.by_id_number(LI) is not None
        with pytest.raises(KeyDestroyed):
            unit.people.get(person_id)


def test_facts_and_the_audit_chain_stay(agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]]) -> None:
    person_id = live(agency)
    facts = "SELECT outcome, taken_at FROM evidence WHERE person_id = :id ORDER BY taken_at"
    due = "SELECT serial, due_on, token FROM certificates WHERE person_id = :id"
    before = rows(facts, id=person_id), rows(due, id=person_id)
    privacy.run()
    assert (rows(facts, id=person_id), rows(due, id=person_id)) == before
    assert agency.look.certificate(before[1][0][0]) is not None
    with agency.store.reading() as unit:
        trail = list(unit.audit.rows())
        assert verify_chain(trail).ok
    assert trail[-1].event.action == "person.erased"
    assert not any(WANG in str(row) or "王秀英" in str(row) for row in trail)


def test_only_a_privacy_officer_confirms_it(agency: Agency, privacy: Privacy) -> None:
    agency.person()
    agency.member(Role.SECURITY_ADMIN, "chen")
    with pytest.raises(AccessRefused):
        privacy.run(by="chen")
    with pytest.raises(NotFound):
        privacy.run(by="nobody")
    agency.staff.disable(OFFICER, "cli")
    with pytest.raises(AccessRefused):
        privacy.run()
    assert privacy.record.all() == []


def test_somebody_unknown_cannot_be_erased_and_twice_is_once(agency: Agency, privacy: Privacy) -> None:
    with pytest.raises(BeneficiaryUnknown):
        privacy.run()
    person_id = agency.person()
    privacy.run()
    with pytest.raises(BeneficiaryUnknown):
        privacy.run()
    request = EraseRequest(Requester.PERSON, ErasureReason.ASKED_FOR, OFFICER, "cli", person_id=person_id)
    assert privacy.erase.run(request).already
    assert len(privacy.record.all()) == 1


def test_an_open_flag_holds_it_back_until_it_is_settled(agency: Agency, privacy: Privacy) -> None:
    live(agency)
    copied = agency.verify(WANG, picture("wang", take=1))
    (flag_id,) = copied.flags
    monitor = agency.member(Role.MONITOR, "ming")
    with pytest.raises(ErasureHeldBack, match=flag_id):
        privacy.run()
    agency.judge.run(flag_id, Verdict.NEEDS_CHECK, "look again", monitor, None)
    with pytest.raises(ErasureHeldBack):
        privacy.run()
    (newest,) = agency.look.flag(flag_id, monitor).judgements
    agency.judge.run(flag_id, Verdict.FALSE_FLAG, "the same paper photo", monitor, newest.id)
    assert not privacy.run().already


def test_a_court_order_does_not_wait_for_flags_and_the_audit_says_so(agency: Agency, privacy: Privacy) -> None:
    live(agency)
    agency.verify(WANG, picture("wang", take=1))
    privacy.run(reason=ErasureReason.COURT_ORDER)
    with agency.store.reading() as unit:
        details = list(unit.audit.rows())[-1].event.details
    assert details is not None
    assert (details["open_flags"], details["reason"]) == (1, "court_order")


def test_screens_say_erased_instead_of_failing(agency: Agency, privacy: Privacy) -> None:
    person_id = live(agency)
    (flag_id,) = agency.verify(WANG, picture("wang", take=1)).flags
    monitor = agency.member(Role.MONITOR, "ming")
    labels = agency.look.flag(flag_id, monitor).photos
    assert labels
    privacy.run(reason=ErasureReason.COURT_ORDER)
    view = agency.look.flag(flag_id, monitor)
    assert (view.photos, view.erased) == ((), labels)
    (shown,) = view.people
    assert (shown.masked_name, shown.masked_id_number, shown.birth_year, shown.sex) == (None, None, None, None)
    assert shown.person_key.startswith("erased-")
    assert shown.person_id == person_id
    with pytest.raises(NotFound):
        agency.look.photo(flag_id, labels[0], monitor)
    assert agency.store.queries.flags(None).rows
    assert agency.store.queries.totals()["stored_faces"] == 0


def test_whoever_still_stands_in_the_ledger_is_known_again_without_a_face(agency: Agency, privacy: Privacy) -> None:
    """Erasing here takes nobody off the agency's own ledger: a living pensioner can always be authenticated again."""
    gone = live(agency)
    privacy.run()
    again = agency.person()
    assert again != gone
    assert agency.verify(WANG, picture("wang", take=9)).decision.outcome is Outcome.REFER
    agency.enroll(WANG, picture("wang", take=1))
    assert agency.verify(WANG, picture("wang", take=10)).decision.qualified


def test_nothing_is_erased_that_could_not_be_put_on_record(agency: Agency, privacy: Privacy) -> None:
    agency.person()

    class Full:
        def append(self, tombstone: Tombstone) -> None:
            raise StorageFault("disk full")

        def all(self) -> list[Tombstone]:
            return []

    erase = Erase(agency.store, agency.ledger_store, Full(), agency.clock)
    with pytest.raises(StorageFault):
        erase.run(EraseRequest(Requester.PERSON, ErasureReason.ASKED_FOR, OFFICER, "cli", WANG))
    with agency.store.reading() as unit:
        assert unit.people.by_id_number(WANG) is not None


def test_a_crash_between_record_and_commit_is_completed(agency: Agency, privacy: Privacy) -> None:
    person_id = live(agency)

    class Killed(ErasureFile):
        def append(self, tombstone: Tombstone) -> None:
            super().append(tombstone)
            raise KeyboardInterrupt

    path = agency.folder / "elsewhere" / "erasures.jsonl"
    erase = Erase(agency.store, agency.ledger_store, Killed(path), agency.clock)
    with pytest.raises(KeyboardInterrupt):
        erase.run(EraseRequest(Requester.PERSON, ErasureReason.ASKED_FOR, OFFICER, "cli", WANG))
    with agency.store.reading() as unit:
        assert unit.people.by_id_number(WANG) is not None
    assert privacy.erase.status().unfinished == 1
    found = privacy.erase.reapply()
    assert (found.listed, found.erased) == (1, 1)
    assert found.files == 0  # they went with the transaction
    assert privacy.erase.status().sound
    with pytest.raises(KeyDestroyed), agency.store.reading() as unit:
        unit.people.get(person_id)
    assert privacy.erase.reapply().erased == 0


def test_a_crash_before_the_pictures_went_is_completed(agency: Agency, privacy: Privacy, tmp_path: Path) -> None:
    live(agency)
    shutil.copytree(tmp_path / "photos", tmp_path / "copy")
    privacy.run()
    shutil.rmtree(tmp_path / "photos")
    shutil.copytree(tmp_path / "copy", tmp_path / "photos")
    left = privacy.erase.status().files_left
    assert left >= 3
    assert privacy.erase.reapply().files == left
    assert privacy.erase.status().sound


def test_a_crash_before_the_ledgers_part_is_completed(
    agency: Agency, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.person()
    monkeypatch.setattr(Erase, "_forget_apart", lambda *_: {})
    privacy.run()
    monkeypatch.undo()
    privacy.erase.reapply()
    assert privacy.erase.status().sound
    with agency.store.reading() as unit:
        assert unit.people.id_of(WANG) is None


def test_an_erased_person_is_unreadable_after_the_restore_of_an_older_backup(
    agency: Agency, privacy: Privacy, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    person_id, other = live(agency), live(agency, LI, "li")
    put_back = _backup(agency, request, tmp_path)
    privacy.run()
    put_back()
    with agency.store.reading() as unit:
        assert unit.people.by_id_number(WANG) is not None, "the older backup knows this person"
        assert unit.erasures.all() == []
    found = privacy.erase.reapply()
    assert found.erased == 1
    assert privacy.erase.status().sound
    with agency.store.reading() as unit:
        assert unit.people.id_of(WANG) is None
        for read in (lambda: unit.people.get(person_id), lambda: unit.references.photos(person_id, FAKE_ENGINE)):
            with pytest.raises((KeyDestroyed, AssertionError)):
                assert read()
        assert unit.people.get(other) is not None
        assert unit.references.current(other, FAKE_ENGINE) is not None
        assert verify_chain(unit.audit.rows()).ok
        assert [row.event.action for row in unit.audit.rows()][-1] == "person.erased_again"
    assert privacy.erase.reapply().erased == 0


def test_a_tombstone_that_only_the_database_has_is_put_back_on_record(agency: Agency, privacy: Privacy) -> None:
    agency.person()
    privacy.run()
    path = agency.folder / "elsewhere" / "erasures.jsonl"
    kept = privacy.record.all()
    path.unlink()
    assert privacy.erase.status().not_outside == 1
    assert privacy.erase.reapply().put_back == 1
    assert privacy.record.all() == kept


def test_an_attempt_that_runs_while_the_person_is_erased_decides_nothing(agency: Agency, privacy: Privacy) -> None:
    live(agency)
    read, go_on = threading.Event(), threading.Event()

    class Slow(FakeReader):
        """Reads the photo after the records were read, as the real one does."""

        def read(self, data: bytes) -> Any:
            read.set()
            assert go_on.wait(20)
            return super().read(data)

    policies = VerifyPolicies(DecisionPolicy(), agency.desk._copies)
    slow = Verify(agency.store, Slow(), fake_calibration, agency.signer, agency.clock, policies)
    agency.verifying = slow
    raised: list[BaseException] = []

    def attempt() -> None:
        try:
            agency.verify(WANG, picture("wang", take=7))
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    counted = agency.store.queries.totals()["certificates"]
    thread = threading.Thread(target=attempt)
    thread.start()
    assert read.wait(20)
    privacy.run()
    go_on.set()
    thread.join()
    assert [type(error) for error in raised] == [KeyDestroyed]
    assert agency.store.queries.totals()["certificates"] == counted


def test_a_process_that_has_the_key_in_memory_can_write_nothing_more(agency: Agency, privacy: Privacy) -> None:
    person_id = live(agency)
    other = Store(agency.urls.front, KeyFile(agency.folder / "keys" / "keys.json"), agency.folder / "photos")
    with other.reading() as unit:
        unit.people.get(person_id)
    privacy.run()
    for _ in range(2):
        with pytest.raises(KeyDestroyed), other.unit() as unit:
            unit.photos.put(person_id, "review", b"jpeg", agency.clock.now())
    other.close()


def test_what_is_written_at_the_same_time_is_erased_with_the_rest(
    agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    """The writer holds the person: the erasure waits for it and then sees what it wrote."""
    person_id = live(agency)
    inside, erased = threading.Event(), threading.Event()

    def write() -> None:
        with agency.store.unit() as unit:
            unit.photos.put(person_id, "review", b"late", agency.clock.now())
            inside.set()
            erased.wait(0.5)

    thread = threading.Thread(target=write)
    thread.start()
    assert inside.wait(20)
    privacy.run()
    erased.set()
    thread.join()
    assert rows("SELECT 1 FROM photos WHERE person_id = :id AND erased_at IS NULL", id=person_id) == []
    assert privacy.erase.status().sound


def test_what_proves_a_consent_is_emptied_for_the_erased_only(
    agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    person_id, other = live(agency), live(agency, LI, "li")
    privacy.run()
    assert rows("SELECT basis FROM consents WHERE person_id = :id AND reference_sealed IS NULL", id=person_id)
    for change in ("reference_sealed = NULL", "basis = 'statutory_duty'"):
        with pytest.raises(Exception, match="append-only"):
            rows(f"UPDATE consents SET {change} WHERE person_id = :id", id=other)
    with pytest.raises(Exception, match="append-only"):
        rows("UPDATE consents SET language = 'en' WHERE person_id = :id", id=person_id)
    with pytest.raises(Exception, match="append-only"):
        rows("DELETE FROM erasures")


def _backup(agency: Agency, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], None]:
    """Database and picture files as they are now; returns how to put them back."""
    shutil.copytree(tmp_path / "photos", tmp_path / "photos-of-backup")
    put: Callable[[], None]
    if agency.urls.front.startswith("postgresql"):
        database = request.getfixturevalue("postgres_database")
        saved = database.save()

        def put() -> None:
            database.put(saved)
    else:
        file = Path(agency.urls.front.removeprefix("sqlite:///"))
        with sqlite3.connect(file) as now, sqlite3.connect(tmp_path / "backup.db") as copy:
            now.backup(copy)
        now.close()
        copy.close()

        def put() -> None:
            agency.store.close()
            for name in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
                name.unlink(missing_ok=True)
            shutil.copy(tmp_path / "backup.db", file)

    def put_back() -> None:
        put()
        agency.store._cache = type(agency.store._cache)()  # a restore is another process
        shutil.rmtree(tmp_path / "photos")
        shutil.copytree(tmp_path / "photos-of-backup", tmp_path / "photos")

    return put_back
