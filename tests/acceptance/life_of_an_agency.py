"""Everything that people, officers, fraudsters and clocks may do to an agency, in any order, with what must hold.

A hypothesis state machine over the real flows and a real SQLite database; only the reader of photos is a fake.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, text

from auth_service.accounts.roles import Role, Scope
from auth_service.connectors.erasure_file import ErasureFile
from auth_service.core.audit import verify as verify_chain
from auth_service.core.erasure import ErasureReason, Requester
from auth_service.core.errors import CredentialsInvalid, ServiceError
from auth_service.core.retention import RetentionPolicy
from auth_service.enrollment.sources import PhotoSource
from auth_service.flows.authorise import AuthoriseKey
from auth_service.flows.erase import Erase, EraseRequest
from auth_service.flows.retain import Retain
from auth_service.flows.verify import VerifyResult
from auth_service.monitoring.flags import Verdict
from auth_service.qualification.decision import Outcome
from auth_service.qualification.evidence import Channel
from tests.builders import Agency, Rows, id_number
from tests.conftest import FixedClock
from tests.fakes import picture

PEOPLE = [id_number(date(1938 + place, 3, 9), 100 + place) for place in range(5)]
NAMES = ["王秀英", "李建国", "张桂兰", "刘玉梅", "陈国强"]
FACES = [f"face {place}" for place in range(5)]
KNOWN_ACTIONS = {
    "verification.decided", "enrollment.accepted", "enrollment.replaced", "flag.raised", "flag.judged",
    "ledger.imported", "ledger.changed", "staff.created", "api_key.created", "api_key.disabled", "person.erased",
    "retention.begun", "retention.applied",
}  # fmt: skip
"""All that this machine may cause. None takes anything from anybody: an adverse act would be a new name here."""
LONGEST = timedelta(days=900)
BEGUN = datetime(2022, 3, 10, 2, 0, tzinfo=UTC)
"""So long ago that the database, which looks at its own clock, lets everything go that a life's own clock calls old."""
"""A machine's whole life; before verdicts are old enough to be removed (1096 days)."""

tried: Counter[str] = Counter()
"""Steps by rule, over all machines of this process."""

reached: Counter[str] = Counter()
"""What came of them, so that a run shows that it went deep."""

people = st.integers(0, len(PEOPLE) - 1)
faces = st.sampled_from(FACES)
takes = st.integers(0, 5)
blurs = st.sampled_from([0.0, 0.0, 0.0, 0.3, 0.5, 1.0])


def prepared() -> Path:
    """An empty agency, migrated once; machines copy it. In memory where the system has such a place."""
    room = "/dev/shm" if Path("/dev/shm").is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="auth-service-life-", dir=room))
    agency = Agency(folder / "empty", FixedClock(BEGUN))
    agency.close()
    return folder


class AgencyLife(RuleBasedStateMachine):
    """`empty` is set by whoever runs it: the folder that `prepared` made."""

    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.empty))
        shutil.copytree(self.empty / "empty", self.folder / "home")
        self.clock = FixedClock(BEGUN)
        self.begun = self.retained_at = self.clock.instant
        self.agency = Agency(self.folder / "home", self.clock)
        self.engine = create_engine(self.agency.urls.front)
        self.erase = Erase(self.agency.store, ErasureFile(self.folder / "erasures.jsonl"), self.clock)
        self.retain = Retain(self.agency.store, {}, RetentionPolicy(), self.clock)
        self.authorise = AuthoriseKey(self.agency.store, self.clock)
        self.ids: dict[int, str] = {}
        self.enrolled: dict[int, set[str]] = {}
        self.reference_photos: dict[int, set[bytes]] = {}
        self.passes: dict[int, list[tuple[bytes, datetime]]] = {}
        self.decided: list[str] = []
        self.qualified = 0
        self.keys: list[tuple[str, str, bool]] = []
        self.seen_rows = 0
        self.seen_decisions: list[str] = []
        self.officer = self.agency.member(Role.PRIVACY_OFFICER, "zhou")
        self.monitor = self.agency.member(Role.MONITOR, "chen")

    @initialize()
    def somebody_is_there(self) -> None:
        self._add(0)
        self._enrol(0, picture(FACES[0]), FACES[0], None)

    # --- what people do ----------------------------------------------------------------------------

    @rule(person=people)
    def enter(self, person: int) -> None:
        tried["enter"] += 1
        self._add(person)

    @rule(person=people, face=faces, take=takes, blur=blurs, confirmed=st.booleans())
    def enrol(self, person: int, face: str, take: int, blur: float, confirmed: bool) -> None:
        tried["enrol"] += 1
        self._enrol(person, picture(face, take=take, blur=blur), face, "officer-1" if confirmed else None)

    @rule(
        person=people, face=st.none() | faces, take=takes, blur=blurs, attested=st.booleans(),
        channel=st.sampled_from([Channel.COUNTER, Channel.AGENCY_API]),
    )  # fmt: skip
    def verify(self, person: int, face: str | None, take: int, blur: float, attested: bool, channel: Channel) -> None:
        """The person's own face when none is given; any other is an impostor's."""
        tried["verify"] += 1
        face = face or FACES[person]
        self._verify(person, [(face, picture(face, take=take + 10, blur=blur))], attested, channel)

    @rule(person=people, one=faces, other=faces, take=takes)
    def verify_with_two_photos(self, person: int, one: str, other: str, take: int) -> None:
        tried["verify_two"] += 1
        photos = [(one, picture(one, take=take + 20)), (other, picture(other, take=take + 30))]
        self._verify(person, photos, True, Channel.COUNTER)

    @rule(person=people, attested=st.booleans())
    def show_an_enrolled_photo(self, person: int, attested: bool) -> None:
        tried["copy"] += 1
        for photo in sorted(self.reference_photos.get(person, ()))[:1]:
            self._verify(person, [(json.loads(photo)["face"], photo)], attested, Channel.COUNTER)

    @rule(person=people)
    def show_a_picture_that_passed(self, person: int) -> None:
        tried["replay"] += 1
        for photo, _ in self.passes.get(person, [])[-1:]:
            self._verify(person, [(json.loads(photo)["face"], photo)], True, Channel.COUNTER)

    # --- what the agency does ----------------------------------------------------------------------

    @rule(place=st.integers(0, 9), verdict=st.sampled_from(Verdict), reason=st.sampled_from(["看过了", "", "x" * 40]))
    def judge_a_flag(self, place: int, verdict: Verdict, reason: str) -> None:
        tried["judge"] += 1
        rows = self.agency.store.queries.flags(None, cursor=None, limit=10).rows
        if rows:
            with contextlib.suppress(ServiceError):
                self.agency.judge.run(rows[place % len(rows)].id, verdict, reason, self.monitor, None)

    @rule(
        rows=st.lists(
            st.fixed_dictionaries(
                {
                    "id_number": st.sampled_from([*PEOPLE, PEOPLE[0][:-1] + "?", "", "11010119000230001X"]),
                    "name": st.sampled_from([*NAMES, "", "=1+1", "a" * 99]),
                    "benefit_kind": st.sampled_from(["resident_pension", "城乡居民养老", "?"]),
                }
            ),
            max_size=4,
        )
    )
    def import_rows(self, rows: list[dict[str, str]]) -> None:
        tried["import"] += 1
        self.agency.importing.run(Rows(rows), Rows(), "cli", lambda _: None)
        for person, number in enumerate(PEOPLE):
            with self.agency.store.reading() as unit:
                found = unit.people.id_of(number)
            if found is not None:
                self.ids.setdefault(person, found)

    @rule(disable=st.booleans())
    def make_or_disable_a_key(self, disable: bool) -> None:
        tried["key"] += 1
        if disable and self.keys:
            key, token, _ = self.keys.pop(0)
            with contextlib.suppress(ServiceError):
                self.agency.api_keys.disable(key, "cli")
            self.keys.append((key, token, False))
        elif len(self.keys) < 5:
            made, token = self.agency.api_keys.create(f"key {len(self.keys)}", (Scope.VERIFY,), 900, "cli")
            self.keys.append((made.id, token, True))

    @rule()
    def use_keys(self) -> None:
        tried["authorise"] += 1
        for _, token, good in self.keys:
            try:
                self.authorise.run(f"Bearer {token}", Scope.VERIFY)
                assert good
            except CredentialsInvalid:
                assert not good

    @rule(person=people, reason=st.sampled_from([ErasureReason.ASKED_FOR, ErasureReason.COURT_ORDER]))
    def erase_somebody(self, person: int, reason: ErasureReason) -> None:
        tried["erase"] += 1
        request = EraseRequest(
            Requester.PERSON, reason, self.officer, "cli", id_number=PEOPLE[person], second=self.monitor
        )
        try:
            self.erase.run(request)
        except ServiceError:
            return
        for known in (self.ids, self.enrolled, self.reference_photos, self.passes):
            known.pop(person, None)  # type: ignore[attr-defined]
        reached["erased"] += 1
        with self.agency.store.reading() as unit:
            assert unit.people.id_of(PEOPLE[person]) is None

    @rule()
    def remove_what_is_old(self) -> None:
        tried["retain"] += 1
        if self.clock.instant == self.retained_at:
            return  # nothing has aged since
        self.retained_at = self.clock.instant
        assert not any(self.retain.run().overdue.values())
        oldest = self.clock.instant - timedelta(days=RetentionPolicy().capture_days)
        for person, passed in self.passes.items():
            self.passes[person] = [(photo, at) for photo, at in passed if at >= oldest]

    @rule(hours=st.sampled_from([-1, 1, 5, 24, 24 * 30, 24 * 200]))
    def move_the_clock(self, hours: int) -> None:
        tried["clock"] += 1
        if self.clock.instant + timedelta(hours=hours) < self.begun + LONGEST:
            self.clock.advance(hours=hours)

    # --- what must hold ----------------------------------------------------------------------------

    @invariant()
    def records_agree_with_what_was_told(self) -> None:
        with self.engine.connect() as connection:
            counts = connection.execute(
                text("SELECT (SELECT count(*) FROM evidence), (SELECT count(*) FROM certificates)")
            ).one()
        assert tuple(counts) == (len(self.decided), self.qualified)

    @invariant()
    def the_audit_grows_by_known_acts_and_names_nobody(self) -> None:
        with self.agency.store.reading() as unit:
            rows = list(unit.audit.rows(self.seen_rows))
        for row in rows:
            written = json.dumps(
                [row.event.actor, row.event.subject, dict(row.event.details or {})], ensure_ascii=False
            )
            assert row.event.action in KNOWN_ACTIONS, row.event.action
            assert not any(secret in written for secret in (*PEOPLE, *NAMES)), written
            if row.event.action == "verification.decided":
                self.seen_decisions.append(str((row.event.details or {})["evidence"]))
        self.seen_rows += len(rows)
        assert self.seen_decisions == self.decided

    @invariant()
    def status_is_what_the_history_gives(self) -> None:
        with self.agency.store.reading() as unit:
            for person, person_id in self.ids.items():
                last = unit.evidence.last_pass(person_id)
                told = [at for _, at in self.passes.get(person, [])]
                if told:
                    assert last is not None
                    assert last[0] == max(told)

    def teardown(self) -> None:
        try:
            with self.agency.store.reading() as unit:
                report = verify_chain(list(unit.audit.rows()), *unit.audit.head())
            assert report.ok, report
        finally:
            self.engine.dispose()
            self.agency.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- how it is done ----------------------------------------------------------------------------

    def _add(self, person: int) -> None:
        try:
            self.ids[person] = self.agency.person(PEOPLE[person], NAMES[person])
        except ServiceError:
            assert person in self.ids  # another name is on record; never a reason to lose somebody

    def _enrol(self, person: int, photo: bytes, face: str, confirmed_by: str | None) -> None:
        try:
            self.agency.enroll(PEOPLE[person], photo, source=PhotoSource.OFFICER, confirmed_by=confirmed_by)
        except ServiceError:
            return
        assert person in self.ids
        known = self.enrolled.setdefault(person, set())
        if confirmed_by and photo not in self.reference_photos.get(person, ()):
            known.clear()
        known.add(face)
        self.reference_photos.setdefault(person, set()).add(photo)

    def _verify(self, person: int, photos: list[tuple[str, bytes]], attested: bool, channel: Channel) -> None:
        try:
            pictures = [photo for _, photo in photos]
            result = self.agency.verify(PEOPLE[person], *pictures, attested=attested, channel=channel)
        except ServiceError:
            return
        self.decided.append(result.evidence_id)
        reached[result.decision.outcome.value] += 1
        reached.update(reason.value for reason in result.decision.reasons)
        reached["flags"] += len(result.flags)
        assert result.decision.outcome in set(Outcome)
        assert (result.certificate is not None) == result.decision.qualified
        if result.decision.qualified:
            self._check_pass(person, photos, attested, result)

    def _check_pass(self, person: int, photos: list[tuple[str, bytes]], attested: bool, result: VerifyResult) -> None:
        """No pass without somebody's word, a match with an enrolled face, and a new picture."""
        self.qualified += 1
        assert attested
        assert result.comparison is not None
        assert result.comparison.zone.value == "match"
        assert person in self.ids
        passed = {photo for photo, _ in self.passes.get(person, [])}
        for face, photo in photos:
            assert face in self.enrolled[person], "somebody else passed"
            assert photo not in passed, "a picture passed twice"
            assert photo not in self.reference_photos[person], "the enrolled picture passed"
        self.passes.setdefault(person, []).extend((photo, self.clock.instant) for _, photo in photos)


def found() -> dict[str, Any]:
    """How many steps were taken, by rule."""
    return {
        "steps": sum(tried.values()),
        "steps_by_rule": dict(tried.most_common()),
        "reached": dict(reached.most_common()),
    }
