"""A client's own record of what it sent and what it was told, to hold a service to its word (after Jepsen).

`Counter` keeps several acts under way, notes every acknowledgement, and repeats whatever stayed unanswered under the
same Idempotency-Key, whatever happened to the service meanwhile. `reckon` then compares the notes with the records.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter as Count
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

from auth_service.accounts.roles import parse_scopes
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.audit import verify as verify_chain
from auth_service.core.clock import legal_date
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.acceptance.calls import Answer, as_caller, call, form
from tests.acceptance.lfw import village
from tests.acceptance.takes import new_take

_TRY_AGAIN = {0, 409, 429, 503}
"""No answer, in flight, too many, not available: the same request again, later."""


@dataclass
class Act:
    """One thing that a client wants done once."""

    kind: str
    number: str
    photo: bytes
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    answer: Answer | None = None
    tries: int = 0
    told: Count[str] = field(default_factory=Count)

    @property
    def path(self) -> str:
        return "/v1/verifications" if self.kind == "verify" else "/v1/enrollments"

    @property
    def done(self) -> bool:
        """Acknowledged as kept, as opposed to refused."""
        return self.answer is not None and self.answer.status in {200, 201}

    async def send(self, port: int, place: Place, within: float = 30.0) -> Answer:
        fields = {"id_number": self.number}
        if self.kind == "verify":
            fields["attested_by"] = "li.na"
        else:
            fields |= {"photo_source": "officer", "consent_basis": "separate_consent", "consent_text_version": "v1"}
        headers, body = form(self.photo, **fields)
        token = place.token if self.kind == "verify" else place.enrolling
        return await call(port, "POST", self.path, {**as_caller(token, self.key), **headers}, body, within)


@dataclass
class Place:
    """A deployment without an engine of its own in this process: where it lies and what callers need.

    token      of the key that verifies and attests
    enrolling  of the one that enrols
    """

    home: Path
    settings: dict[str, str]
    token: str
    people: list[tuple[str, list[Path]]]
    enrolling: str = ""

    def wiring(self) -> Wiring:
        url = self.settings.get("AUTH_SERVICE_DATABASE_URL", "")
        return Wiring(load_settings(home=self.home, database_url=url))


def make_place(folder: Path, people: int, settings: dict[str, str]) -> Place:
    """Schema, ledger and an API key in a new home; nobody is enrolled yet."""
    place = Place(folder / "home", settings, "", list(village(folder / "village", people).photos.items()))
    wiring = place.wiring()
    wiring.store.migrate()
    now = datetime.now(UTC)
    with wiring.store.unit() as unit:
        for position, (number, _) in enumerate(place.people):
            row = {"id_number": number, "name": f"王{position}", "benefit_kind": "resident_pension"}
            unit.people.apply(check_ledger_row(row, legal_date(now)), now, "made")
    place.token = wiring.keep_api_keys.create("journal", parse_scopes("verify,assisted"), 30, "cli")[1]
    place.enrolling = wiring.keep_api_keys.create("journal, enrolling", parse_scopes("enroll"), 30, "cli")[1]
    wiring.store.close()
    return place


class Counter:
    """Clients at work. `port` is looked up anew for every call, so that a restarted service may move.

    most_unanswered  beyond these, clients only repeat: against a dead service each would begin twenty acts a second,
                     and a slow machine would then be kept busy with them long after the last kill
    """

    def __init__(self, place: Place, port: int, at_once: int = 6, seed: int = 7, *, most_unanswered: int = 200) -> None:
        self.port = port
        self.acts: list[Act] = []
        self._place = place
        self._at_once = at_once
        self._most_unanswered = most_unanswered
        self._chance = random.Random(seed)
        self._enrolled: list[tuple[str, list[Path]]] = []
        self._waiting = list(place.people)
        self._again: list[Act] = []

    async def work(self, until: asyncio.Event) -> None:
        """Acts until told to stop; whoever is under way then is still heard out."""
        await asyncio.gather(*(self._one_client(until) for _ in range(self._at_once)))

    async def _one_client(self, until: asyncio.Event) -> None:
        while not until.is_set():
            if self._again and (len(self._again) > self._most_unanswered or self._chance.random() < 0.5):
                act = self._again.pop(0)
            else:
                act = await asyncio.get_running_loop().run_in_executor(None, self._next)
                self.acts.append(act)
            await self._try(act)
            if act.answer is None:
                await asyncio.sleep(0.05)

    async def _try(self, act: Act) -> None:
        act.tries += 1
        answer = await act.send(self.port, self._place)
        act.told[answer.word] += 1
        assert answer.status < 500 or answer.status == 503, (answer.status, answer.body[:500])
        assert answer.status != 503 or "retry-after" in answer.headers, answer
        if answer.status in _TRY_AGAIN:
            self._again.append(act)
            return
        act.answer = answer
        if answer.status == 201 and act.number not in {number for number, _ in self._enrolled}:
            self._enrolled.append(next(one for one in self._place.people if one[0] == act.number))

    def _next(self) -> Act:
        chance = self._chance.random()
        if self._waiting and (chance < 0.3 or not self._enrolled):
            number, paths = self._waiting.pop()
            return Act("enrol", number, paths[0].read_bytes())
        number, paths = self._chance.choice(self._enrolled or self._place.people)
        kind = "enrol" if chance > 0.85 else "verify"
        return Act(kind, number, new_take(self._chance.choice(paths), random.Random(self._chance.random())))

    async def finish(self, seconds: float = 600.0) -> None:
        """Repeats what stayed unanswered until nothing does; a claim that died with its process is free after 60 s."""
        async with asyncio.timeout(seconds):
            while self._again:
                batch, self._again = self._again, []
                for start in range(0, len(batch), self._at_once):
                    await asyncio.gather(*(self._try(act) for act in batch[start : start + self._at_once]))
                await asyncio.sleep(0.5 if self._again else 0)

    async def check_receipts(self, sample: int = 200) -> int:
        """Asks again for answers that were given: each comes byte for byte. Returns how many were asked."""
        given = [act for act in self.acts if act.done]
        asked = given if len(given) <= sample else self._chance.sample(given, sample)
        for act in asked:
            again = await act.send(self.port, self._place)
            assert act.answer is not None
            assert (again.status, again.body) == (act.answer.status, act.answer.body), (again, act.answer)
            assert again.headers.get("idempotency-replayed") == "true"
        return len(asked)


def let_claims_expire(place: Place) -> None:
    """As if a minute had passed: a claim that died with its process is free. For small runs; full ones wait."""
    engine = _engine(place.wiring().settings.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE saved_answers SET lease_until = claimed_at WHERE finished_at IS NULL"))
    engine.dispose()


def reckon(place: Place, acts: Iterable[Act]) -> dict[str, Any]:
    """Compares the notes with the records. Every acknowledged act stands there once with its audit row, and nothing
    stands there that no answer told of (an unanswered act was repeated under its key until it was answered)."""
    acts = list(acts)
    assert all(act.answer is not None for act in acts)
    verified = [act.answer.document for act in acts if act.kind == "verify" and act.done and act.answer]
    enrolled = [act.answer.document for act in acts if act.kind == "enrol" and act.done and act.answer]
    wiring = place.wiring()
    try:
        with wiring.store.reading() as unit:
            rows = list(unit.audit.rows())
            report = verify_chain(rows, *unit.audit.head())
    finally:
        wiring.store.close()
    assert report.ok, report
    records = _records(wiring.settings.url)
    decided = [_detail(row, "evidence") for row in rows if _action(row) == "verification.decided"]
    ids = [document["verification_id"] for document in verified]
    assert len(ids) == len(set(ids)), "two acts were told of one record"
    assert sorted(records["evidence"]) == sorted(ids), _difference(records["evidence"], ids)
    assert sorted(decided) == sorted(ids), _difference(decided, ids)
    serials = [document["certificate"]["serial"] for document in verified if document["certificate"]]
    assert sorted(serial for serial, _ in records["certificates"]) == sorted(serials)
    assert {evidence for _, evidence in records["certificates"]} <= set(ids)
    sets = [_detail(row, "set") for row in rows if _action(row).startswith("enrollment.")]
    assert len(sets) == len(set(sets))
    assert set(sets) == {document["reference_set_id"] for document in enrolled}
    assert sorted(records["sets"]) == sorted(sets)
    present = {path.name for path in (place.home / "photos").rglob("*") if path.is_file()}
    assert set(records["files"]) <= present, "a record's photo file is missing"
    return {
        "acknowledged_verifications": len(ids), "acknowledged_enrolments": len(enrolled),
        "certificates": len(serials), "refused": sum(not act.done for act in acts), "audit_rows": report.rows,
        "acts_tried_more_than_once": sum(act.tries > 1 for act in acts),
        "tries": sum(act.tries for act in acts),
        "told": dict(sum((act.told for act in acts), Count()).most_common()),
        "photo_files_without_a_record": len(present - set(records["files"])),
    }  # fmt: skip


def _records(url: str) -> dict[str, list[Any]]:
    engine = _engine(url)
    try:
        with engine.connect() as connection:

            def column(statement: str) -> list[Any]:
                return [row[0] for row in connection.execute(text(statement))]

            certificates = connection.execute(text("SELECT serial, evidence_id FROM certificates"))
            return {
                "evidence": column("SELECT id FROM evidence"),
                "certificates": [tuple(row) for row in certificates],
                "sets": column("SELECT id FROM reference_sets"),
                "files": column("SELECT file_name FROM photos"),
            }
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        return create_engine(url)
    return create_engine(url, connect_args={"options": "-c search_path=public,identity,faces,bank"})


def _action(row: Any) -> str:
    return str(row.event.action)


def _detail(row: Any, name: str) -> str:
    return str((row.event.details or {})[name])


def _difference(kept: Iterable[str], told: Iterable[str]) -> str:
    kept, told = Count(kept), Count(told)
    return f"kept but not told {kept - told}, told but not kept {told - kept}"
