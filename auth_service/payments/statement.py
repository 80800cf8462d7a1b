"""Statements as they are kept with a proposal: the lines, what they were worked out from, and back again.

JSON without names; a statement that is read again comes to the same sum, or the proposal must be made anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from auth_service.beneficiaries.person import BenefitKind
from auth_service.payments.arrears import Arrears
from auth_service.payments.months import Uncertain
from auth_service.payments.overpayment import Claim, Line, OffsetKind, Overpayment, claim
from auth_service.payments.words import Why


@dataclass(frozen=True, slots=True)
class RecoverTerms:
    """What a recovery is worked out from, besides the rows. end, until: as for `overpaid`; offsets: as for `claim`"""

    end: Uncertain
    until: str | None = None
    refunds: tuple[Decimal, ...] = ()
    offsets: tuple[tuple[OffsetKind, Decimal], ...] = ()

    def claim(self, found: Overpayment, benefit: BenefitKind) -> Claim:
        """raises FieldInvalid, AmountInvalid"""
        return claim(found.most, benefit, self.refunds, self.offsets)


def of_recovery(terms: RecoverTerms, found: Overpayment, asked: Claim) -> str:
    told = {
        "end": [terms.end.earliest.isoformat(), terms.end.latest.isoformat()],
        "until": terms.until,
        "refunds": [str(amount) for amount in terms.refunds],
        "offsets": [[kind.value, str(amount)] for kind, amount in terms.offsets],
        "gross": str(asked.gross),
        "refunded": str(asked.refunded),
        "offset": str(asked.offset),
        "net": str(asked.net),
        "lines": _lines(found.lines),
    }
    return _text(told)


def of_arrears(found: Arrears) -> str:
    return _text({"lines": _lines(found.lines), "provisional": found.is_provisional})


def lines_of(statement: str) -> tuple[Line, ...]:
    """Empty for an act without an amount."""
    if not statement:
        return ()
    return tuple(
        Line(month, date.fromisoformat(day) if day else None, Decimal(paid), Decimal(amount), Why(reason))
        for month, day, paid, amount, reason in json.loads(statement)["lines"]
    )


def claim_of(statement: str) -> Claim:
    """Of a recovery."""
    told = json.loads(statement)
    return Claim(*(Decimal(told[name]) for name in ("gross", "refunded", "offset", "net")))


def terms_of(statement: str) -> RecoverTerms:
    """Of a recovery."""
    told = json.loads(statement)
    first, last = (date.fromisoformat(day) for day in told["end"])
    return RecoverTerms(
        Uncertain(first, last),
        told["until"],
        tuple(Decimal(amount) for amount in told["refunds"]),
        tuple((OffsetKind(kind), Decimal(amount)) for kind, amount in told["offsets"]),
    )


def _lines(lines: Sequence[Line]) -> list[list[str | None]]:
    return [
        [
            line.month,
            line.paid_on.isoformat() if line.paid_on else None,
            str(line.paid),
            str(line.amount),
            line.why.value,
        ]
        for line in lines
    ]


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
