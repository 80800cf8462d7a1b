"""Facts and the audit rows that tell of them: each attempt, certificate, judgement, review, act on money and act about
a case has a row of its own.

The row and its fact are written in one transaction. A fact that no genuine row tells of, in these very words, was put
into the database by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from auth_service.core.audit import StoredRow, instant_text, parsed

DECIDED, JUDGED, REVIEWED = "verification.decided", "flag.judged", "capture.reviewed"
PROPOSED, SETTLED, OF_CASE = "payment.proposed", "payment.decided", "case.act"
"""The actions that tell of facts."""
SYSTEM = "system"
"""The worker, as it is named in the audit trail."""
_TELLING = frozenset({DECIDED, JUDGED, REVIEWED, PROPOSED, SETTLED, OF_CASE})
_BYTES = 16
"""Of each statement's digest: a million facts are held in some 100 MB, and no two statements meet by chance."""
_ACTION = StoredRow._fields.index("action")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as it is stored. said: what its audit row must say; any one of them will do

    name   `evidence:<id>`, `certificate:<serial>`, `judgement:<id>`, `review:<id>`, `proposal:<id>`, `decision:<id>`,
           `case_act:<id>`
    """

    name: str
    said: tuple[bytes, ...]


def attempt(evidence_id: str, person_id: str | None, at: datetime, *decided: str | None) -> Fact:
    """An attempt. decided: outcome, zone of the decision, channel, who attested"""
    subject = f"person:{person_id}" if person_id else ""
    return Fact(f"evidence:{evidence_id}", (_said("evidence", evidence_id, subject, instant_text(at), *decided),))


def certificate(serial: str, evidence_id: str, person_id: str) -> Fact:
    subject = f"person:{person_id}"
    said = (_said("certificate", evidence_id, subject, serial), _said("certificate", evidence_id, subject, None))
    return Fact(f"certificate:{serial}", said)


def judgement(judgement_id: str, flag_id: str, verdict: str, judged_by: str, at: datetime) -> Fact:
    said = _said("judgement", judgement_id, f"flag:{flag_id}", verdict, f"staff:{judged_by}", instant_text(at))
    return Fact(f"judgement:{judgement_id}", (said,))


def review(review_id: str, person_id: str, at: datetime, done_by: str, *said: str | None) -> Fact:
    """An act about a capture. said: the capture, the act, the verdict, the reason"""
    told = _said("review", review_id, f"person:{person_id}", by_of(done_by), instant_text(at), *said)
    return Fact(f"review:{review_id}", (told,))


def proposal(proposal_id: str, person_id: str, at: datetime, by: str, *said: object) -> Fact:
    """An act on money that somebody proposed. said: benefit, act, ground, month, amount in fen"""
    told = _said("proposal", proposal_id, f"person:{person_id}", f"staff:{by}", instant_text(at), *said)
    return Fact(f"proposal:{proposal_id}", (told,))


def decision(proposal_id: str, at: datetime, by: str, verdict: str) -> Fact:
    """What ended it."""
    return Fact(f"decision:{proposal_id}", (_said("decision", proposal_id, f"staff:{by}", instant_text(at), verdict),))


def case_act(act_id: str, person_id: str, at: datetime, done_by: str | None, *said: str | None) -> Fact:
    """One act about a case. done_by: None is the machine; said: the case, the act, how somebody checked and what came
    of it"""
    told = _said("case_act", act_id, f"person:{person_id}", by_of(done_by or SYSTEM), instant_text(at), *said)
    return Fact(f"case_act:{act_id}", (told,))


def by_of(done_by: str) -> str:
    """How the audit trail names who did it."""
    return SYSTEM if done_by == SYSTEM else f"staff:{done_by}"


class Told:
    """What the genuine rows of a trail tell of facts."""

    def __init__(self) -> None:
        self._said: set[bytes] = set()

    def see(self, row: StoredRow, earlier: bool) -> None:
        """Takes a genuine row. earlier: a release wrote it whose rows did not name the certificate"""
        if row[_ACTION] not in _TELLING:
            return
        _, _, _, action, _, text, _, _ = row
        try:
            details = parsed(text)
        except (ValueError, TypeError, RecursionError):  # such a row does not fit the chain either
            return
        if not isinstance(details, dict):
            return
        tellers = {
            JUDGED: self._judged, REVIEWED: self._reviewed, PROPOSED: self._proposed, SETTLED: self._settled,
            OF_CASE: self._acted,
        }  # fmt: skip
        tellers.get(action, self._decided)(StoredRow._make(row), details, earlier)

    def _judged(self, row: StoredRow, details: dict[str, Any], _earlier: bool) -> None:
        told = (details.get("judgement"), row.subject, details.get("verdict"), row.actor, row.at)
        self._said.add(_said("judgement", *told))

    def _reviewed(self, row: StoredRow, details: dict[str, Any], _earlier: bool) -> None:
        said = (details.get("evidence"), details.get("act"), details.get("verdict"), details.get("reason"))
        self._said.add(_said("review", details.get("review"), row.subject, row.actor, row.at, *said))
        if details.get("certificate"):
            told = (details.get("evidence"), row.subject, details.get("certificate"))
            self._said.add(_said("certificate", *told))

    def _proposed(self, row: StoredRow, details: dict[str, Any], _earlier: bool) -> None:
        said = [details.get(name) for name in ("benefit", "act", "ground", "month", "amount_fen")]
        self._said.add(_said("proposal", details.get("proposal"), row.subject, row.actor, row.at, *said))

    def _settled(self, row: StoredRow, details: dict[str, Any], _earlier: bool) -> None:
        self._said.add(_said("decision", details.get("proposal"), row.actor, row.at, details.get("verdict")))

    def _acted(self, row: StoredRow, details: dict[str, Any], _earlier: bool) -> None:
        said = [details.get(name) for name in ("case", "act", "step", "outcome")]
        self._said.add(_said("case_act", details.get("id"), row.subject, row.actor, row.at, *said))

    def _decided(self, row: StoredRow, details: dict[str, Any], earlier: bool) -> None:
        evidence, outcome = details.get("evidence"), details.get("outcome")
        decided = (outcome, details.get("zone"), details.get("channel"), details.get("attested_by"))
        self._said.add(_said("evidence", evidence, row.subject, row.at, *decided))
        if details.get("certificate") or (earlier and "certificate" not in details and outcome == "qualified"):
            self._said.add(_said("certificate", evidence, row.subject, details.get("certificate")))

    def untold(self, facts: Iterable[Fact]) -> list[str]:
        """Names of the facts that no row tells of."""
        return [fact.name for fact in facts if self._said.isdisjoint(fact.said)]


def _said(*words: object) -> bytes:
    return blake2b(repr(words).encode(), digest_size=_BYTES).digest()
