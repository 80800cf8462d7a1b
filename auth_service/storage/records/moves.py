"""What a session told its client and what was sealed: rows that only grow, each in a place of its own."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import func, select

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from auth_service.capture.one_time_code import CodeGiven, CodeMove, CodeSent
from auth_service.capture.pace import Asked, Move, Sealed
from auth_service.storage.sealing import Place
from auth_service.storage.tables import CaptureMoveRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work, to_json

_MOVES = table_of(CaptureMoveRow)
_KINDS = {Asked: "asked", Sealed: "sealed", CodeSent: "code_sent", CodeGiven: "code_given"}


class Moves:
    """Within one unit. Whoever adds holds the session (`Sessions.by_token(alone=True)`), or finds the place taken."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, session_id: str, person_id: str | None, move: Move | CodeMove) -> bool:
        """False: another was faster. raises KeyDestroyed"""
        taken = select(func.count()).select_from(_MOVES).where(_MOVES.c.session_id == session_id)
        place = self._work.connection.execute(taken).scalar_one()
        values = {
            "session_id": session_id,
            "place": place,
            "kind": _KINDS[type(move)],
            "n": move.n if isinstance(move, Asked | Sealed) else 0,
            "at": move.at,
            "details_sealed": self._work.keys.of(person_id).seal(
                _place(session_id, place), to_json(_told(move)).encode()
            ),
        }
        statement = insert_or_ignore(self._work.connection, CaptureMoveRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def of(self, session_id: str, person_id: str | None) -> tuple[Move | CodeMove, ...]:
        """In their order. raises KeyMissing, SealBroken"""
        rows = self._work.connection.execute(
            select(_MOVES).where(_MOVES.c.session_id == session_id).order_by(_MOVES.c.place)
        ).all()
        key = self._work.keys.of(person_id)
        return tuple(
            _move(row.kind, row.n, row.at, json.loads(key.open(_place(session_id, row.place), row.details_sealed)))
            for row in rows
        )


def told_challenge(challenge: Challenge) -> dict[str, Any]:
    """As JSON; `challenge_of` reads it."""
    return {
        "route": challenge.route.value,
        "asks": [[ask.motion.value, ask.hold_ms] for ask in challenge.asks],
        "flash": [colour.value for colour in challenge.flash],
    }


def challenge_of(told: dict[str, Any]) -> Challenge:
    asks = tuple(Ask(Motion(motion), int(hold)) for motion, hold in told["asks"])
    return Challenge(Route(told["route"]), asks, tuple(Colour(colour) for colour in told["flash"]))


def _told(move: Move | CodeMove) -> dict[str, Any]:
    if isinstance(move, CodeGiven):
        return {}
    if isinstance(move, CodeSent):
        return {"digest": move.digest.hex()}
    if isinstance(move, Asked):
        return {"redrawn": None if move.redrawn is None else told_challenge(move.redrawn)}
    return {"digest": move.digest.hex(), "count": move.count, "size": move.size, "last_ms": move.last_ms}


def _move(kind: str, n: int, at: Any, told: dict[str, Any]) -> Move | CodeMove:
    if kind == "code_sent":
        return CodeSent(at, bytes.fromhex(told["digest"]))
    if kind == "code_given":
        return CodeGiven(at)
    if kind == "asked":
        return Asked(n, at, None if told["redrawn"] is None else challenge_of(told["redrawn"]))
    return Sealed(n, at, bytes.fromhex(told["digest"]), told["count"], told["size"], told["last_ms"])


def _place(session_id: str, place: int) -> Place:
    return Place("capture_moves", f"{session_id}.{place}", "details")
