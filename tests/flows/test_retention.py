"""What has been kept long enough goes, nothing else does, and doing it again changes nothing. On both databases."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auth_service.connectors.rejects import RejectFolder
from auth_service.core.errors import PartlyDone, StorageFault, StorageReadOnly
from auth_service.core.retention import FACT_DAYS, RULES, RetentionPolicy, days_of, markdown
from auth_service.flows.retain import Retain
from auth_service.monitoring.flags import Verdict
from auth_service.storage.queries import DeskFilter
from auth_service.storage.tables import metadata
from auth_service.storage.unit import SavedAnswer
from tests.builders import LI, WANG, Agency
from tests.conftest import ROOT, FixedClock
from tests.databases import BOTH
from tests.fakes import picture
from tests.flows.reviewing import CANNOT_TELL, Desk

TODAY = datetime.now(UTC).replace(microsecond=0)
"""The real day: the database looks at its own clock before it lets a fact go."""


@pytest.fixture
def now() -> FixedClock:
    return FixedClock(TODAY)


@pytest.fixture(params=BOTH)
def office(request: pytest.FixtureRequest, tmp_path: Path, now: FixedClock) -> Iterator[Agency]:
    urls = request.getfixturevalue("empty_postgres").urls if request.param == "postgres" else None
    agency = Agency(tmp_path, now, urls)
    yield agency
    agency.close()


def retain(office: Agency, now: FixedClock, **periods: int) -> Retain:
    folder = RejectFolder(office.folder / "rejects")
    return Retain(office.store, {"reject_files": folder}, RetentionPolicy(**periods), now)


def pictures(office: Agency) -> int:
    return len(list((office.folder / "photos").glob("??/*")))


def age_files(office: Agency, days: float) -> None:
    at = (office.clock.now() - timedelta(days=days)).timestamp()
    for path in office.folder.rglob("*"):
        if path.is_file() and {"photos", "rejects"} & set(path.parts):
            os.utime(path, (at, at))


@pytest.mark.asvs("14.2.7")
def test_everything_goes_in_its_time_and_nothing_before(office: Agency, now: FixedClock) -> None:
    began = TODAY - timedelta(days=FACT_DAYS + 10)
    now.instant = began
    office.person(WANG)
    office.enroll(WANG, picture("wang"))
    passed = office.verify(WANG, picture("wang", take=1))
    assert passed.certificate is not None
    office.verify(WANG, picture("wang", blur=9.0, take=2))  # kept for a look
    with office.store.unit() as unit:
        unit.idempotency.begin("key", "one", "print", now.instant, 60)
        unit.idempotency.finish("key", "one", SavedAnswer(200, b"{}", "application/json"), now.instant)
        unit.sign_in_failures.add("somebody", now.instant)
    (office.folder / "rejects").mkdir()
    (office.folder / "rejects" / "ledger.csv").write_text("王秀英")

    gone: dict[str, int] = {}
    for days in (0, 2, 8, 31, 61, 801):
        now.instant = began + timedelta(days=days)
        age_files(office, days)
        due = retain(office, now).run(dry_run=True)
        done = retain(office, now).run()
        assert due.removed == done.removed, "a dry run says what the run does"
        assert set(done.overdue.values()) == {0}
        for kind, count in done.removed.items():
            if count:
                gone[kind] = days
                assert retain(office, now).run().removed[kind] == 0
    assert gone == {
        "saved_answers": 8,
        "sign_in_failures": 31,
        "reject_files": 31,
        "review_pictures": 61,
        "captures": 801,
    }
    assert pictures(office) == 1, "the enrolled photo in force stays"
    assert office.look.certificate(passed.certificate.serial) is not None

    now.instant = TODAY
    assert retain(office, now).run().removed["facts"] == 2
    assert office.look.certificate(passed.certificate.serial) is None
    with office.store.reading() as unit:
        rows = list(unit.audit.rows())
        assert unit.references.photos(office.person(WANG), office.desk._identity)
    applied = [row.event.details for row in rows if row.event.action == "retention.applied"]
    assert applied == [
        {"saved_answers": 1}, {"sign_in_failures": 1}, {"reject_files": 1}, {"review_pictures": 1}, {"captures": 2},
        {"facts": 2},
    ]  # fmt: skip
    assert [row.event.details for row in rows if row.event.action == "retention.begun"] == [{"reject_files": 1}]
    assert retain(office, now).run().total == 0


def test_the_database_itself_keeps_facts_for_three_years(office: Agency, now: FixedClock) -> None:
    now.instant = TODAY - timedelta(days=FACT_DAYS - 1)
    office.person(WANG)
    office.enroll(WANG, picture("wang"))
    office.verify(WANG, picture("wang", take=1))
    with office.store.unit() as unit:
        unit.expiry.remove_rows("captures", TODAY, 10)
    with pytest.raises(StorageFault), office.store.unit() as unit:
        unit.expiry.remove_facts(TODAY, 10)
    with office.store.reading() as unit:
        assert unit.expiry.count_facts(TODAY) == 1


def test_a_picture_stays_until_its_flag_was_judged_and_its_capture_reviewed_sixty_days_ago(
    office: Agency, now: FixedClock
) -> None:
    monitor, desk = office.member(), Desk(office, now)
    office.person(LI)
    office.enroll(LI, picture("li"))
    flag = office.verify(LI, picture("li")).flags[0]  # the enrolled picture again: V04, with both pictures
    now.advance(days=300)
    age_files(office, 300)
    assert retain(office, now).run().total == 0
    assert pictures(office) == 2
    office.judge.run(flag, Verdict.FALSE_FLAG, "看过了", monitor, None)
    now.advance(days=61)
    assert retain(office, now).run().total == 0, "the flag is settled, the capture waits on the desk"
    (waiting,) = (row.id for row in office.store.queries.desk(DeskFilter()).rows)
    desk.settle(waiting, CANNOT_TELL)
    now.advance(days=59)
    assert retain(office, now).run().total == 0
    now.advance(days=2)
    assert retain(office, now).run().removed["review_pictures"] == 1
    assert pictures(office) == 1


def test_photos_that_an_officer_replaced_lose_picture_then_template(office: Agency, now: FixedClock) -> None:
    person = office.person(WANG)
    office.enroll(WANG, picture("wang"), picture("wang", take=1))
    now.advance(days=1)
    office.enroll(WANG, picture("wang aged"), confirmed_by="officer")
    identity = office.desk._identity
    now.advance(days=59)
    age_files(office, 59)
    assert retain(office, now).run().total == 0
    now.advance(days=2)
    done = retain(office, now).run()
    assert (done.removed["replaced_pictures"], done.removed["replaced_averages"]) == (2, 1)
    assert pictures(office) == 1
    with office.store.reading() as unit:
        assert len(unit.references.photos(person, identity)) == 3, "their hashes still recognise a copy"
        assert unit.references.current(person, identity) is not None
    now.advance(days=800)
    assert retain(office, now).run().removed["replaced_templates"] == 2
    with office.store.reading() as unit:
        assert len(unit.references.photos(person, identity)) == 1
    office.enroll(WANG, picture("wang"), confirmed_by="officer")  # the very photo may come again
    assert retain(office, now).run().total == 0


def test_what_a_crash_left_is_swept(office: Agency, now: FixedClock) -> None:
    office.person(WANG)
    office.enroll(WANG, picture("wang"))
    with office.store.unit() as unit:
        review = unit.photos.put(None, "review", b"jpeg", now.instant - timedelta(days=61))
        names = unit.expiry.erase_pictures([review], now.instant)  # and killed before the file was removed
    assert len(names) == 1
    assert pictures(office) == 2
    age_files(office, 2)
    assert retain(office, now).run().removed["orphan_files"] == 1
    assert pictures(office) == 1


class Stuck:
    """Three old files; the second cannot be removed."""

    def __init__(self) -> None:
        self.left = 3

    def count(self, _before: datetime) -> int:
        return self.left

    def due(self, _before: datetime) -> list[Callable[[], None]]:
        return [self._gone, self._stays, self._gone]

    def _gone(self) -> None:
        self.left -= 1

    def _stays(self) -> None:
        raise StorageReadOnly("the folder cannot be written")


def test_a_kind_that_fails_stops_no_other_and_what_went_stands_in_the_audit(office: Agency, now: FixedClock) -> None:
    (office.folder / "rejects").mkdir()
    (office.folder / "rejects" / "ledger.csv").write_text("王秀英")
    age_files(office, 31)
    files = {"keys_parts": Stuck(), "reject_files": RejectFolder(office.folder / "rejects")}
    with pytest.raises(PartlyDone, match=r"^keys_parts: storage_read_only$") as failed:
        Retain(office.store, files, RetentionPolicy(), now).run()
    assert (failed.value.counts["keys_parts"], failed.value.counts["reject_files"]) == (1, 1)
    assert events(office) == [
        ("retention.begun", {"keys_parts": 3}),
        ("retention.applied", {"keys_parts": 1}),
        ("retention.begun", {"reject_files": 1}),
        ("retention.applied", {"reject_files": 1}),
    ]


def test_a_killed_run_leaves_no_batch_without_its_event(
    office: Agency, now: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth_service.flows.retain._BATCH", 2)
    office.member()
    for _ in range(5):
        office.sign_in.begin("chen", "a long password")
    now.advance(days=2)

    def killed(done: int, seen: list[int] = []) -> None:  # noqa: B006 - counts over calls
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retain(office, now).run(progress=killed)
    assert events(office) == [("retention.applied", {"staff_sessions": 2})] * 2


def events(office: Agency) -> list[tuple[str, Any]]:
    with office.store.reading() as unit:
        return [(r.event.action, r.event.details) for r in unit.audit.rows() if r.event.action.startswith("retention.")]


def test_sessions_imports_and_batches(office: Agency, now: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.flows.retain._BATCH", 3)
    office.member()
    for _ in range(7):
        office.sign_in.begin("chen", "a long password")
    now.advance(days=2)
    assert retain(office, now).run().removed["staff_sessions"] == 7


def test_periods_cannot_be_shortened_below_what_is_fixed() -> None:
    wrong: list[dict[str, Any]] = [
        {"fact_days": 365},
        {"capture_days": 2000},
        {"capture_days": 424},
        {"review_days": 0},
    ]
    for given in wrong:
        with pytest.raises(ValueError, match=r"day|outlive"):
            RetentionPolicy(**given)
    longer = RetentionPolicy(fact_days=3650, capture_days=2000)
    assert days_of(next(rule for rule in RULES if rule.kind == "facts"), longer) == 3650


def test_every_table_has_its_period() -> None:
    told = " ".join(rule.records for rule in RULES)
    assert [name for name in metadata.tables if f"`{name}`" not in told] == []


def test_the_page_of_periods_is_the_policy() -> None:
    page = (ROOT / "docs" / "compliance" / "retention.md").read_text(encoding="utf-8")
    assert markdown(RetentionPolicy()) in page, "auth-service retention show --markdown"
