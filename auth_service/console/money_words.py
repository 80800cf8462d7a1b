"""Acts on money as rows of pages: sums as people write them, statements line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from auth_service.console.words import local_time
from auth_service.flows.see_money import BenefitMoney
from auth_service.payments.overpayment import Line
from auth_service.payments.proposals import Act, Approved
from auth_service.payments.statement import claim_of, lines_of
from auth_service.payments.words import why
from auth_service.storage.unit import StoredProposal
from auth_service.web.i18n import Language, text


def yuan(amount: Decimal | None, language: Language) -> str:
    """Empty for an act without an amount."""
    return "" if amount is None else text("money.yuan", language, amount=f"{amount:,.2f}")


def act_word(act: Act, language: Language) -> str:
    return text(f"money.act.{act.value}", language)


def statement_rows(statement: str, language: Language) -> list[dict[str, str]]:
    """Every line, those that count for nothing too: whoever reads it sees why."""
    return [_line(line, language) for line in lines_of(statement)]


def _line(line: Line, language: Language) -> dict[str, str]:
    return {
        "month": line.month,
        "paid_on": line.paid_on.isoformat() if line.paid_on else "—",
        "paid": f"{line.paid:,.2f}",
        "amount": f"{line.amount:,.2f}",
        "why": why(line.why, language),
    }


def sum_rows(stored: StoredProposal, language: Language) -> list[tuple[str, str]]:
    """What a sum is made of; empty for an act without one."""
    proposal = stored.proposal
    if proposal.act is Act.RECOVER:
        asked = claim_of(proposal.statement)
        told = {
            "money.gross": asked.gross,
            "money.refunded": asked.refunded,
            "money.offset": asked.offset,
            "money.net": asked.net,
        }
        return [(text(name, language), yuan(amount, language)) for name, amount in told.items()]
    if proposal.amount is not None:
        return [(text("money.statement.total", language), yuan(proposal.amount, language))]
    return []


def benefit_card(benefit: BenefitMoney, language: Language) -> dict[str, object]:
    """One benefit with how it stands and why."""
    owed = yuan(benefit.owed.amount, language) if benefit.owed.amount else ""
    return {
        "kind": benefit.kind.value,
        "word": text(f"benefit.{benefit.kind.value}", language),
        "state": benefit.state.value,
        "state_word": text(f"money.paystate.{benefit.state.value}", language),
        "stopped": [since(act, language) for act in benefit.stopped],
        "owed": text("money.owed", language, amount=owed) if owed else "",
        "provisional": benefit.owed.is_provisional,
        "possible": [(act.value, act_word(act, language)) for act in benefit.possible],
        "rows": [
            {
                "month": row.month,
                "paid_on": row.paid_on.isoformat(),
                "amount": f"{row.amount:,.2f}",
                "status": text(f"money.status.{row.status.value}", language),
            }
            for row in benefit.rows
        ],
    }


def since(act: Approved, language: Language) -> str:
    ground = text(f"money.ground.{act.ground.value}", language)
    return text("money.since", language, act=act_word(act.act, language), month=act.month, ground=ground)


def history_rows(
    proposals: Iterable[StoredProposal], names: dict[str, str], language: Language
) -> list[dict[str, str]]:
    """Acts as they were proposed and ended, in the order given."""
    return [_history(stored, names, language) for stored in proposals]


def _history(stored: StoredProposal, names: dict[str, str], language: Language) -> dict[str, str]:
    proposal = stored.proposal
    who = names.get(proposal.proposed_by, "?")
    return {
        "id": proposal.id,
        "act": act_word(proposal.act, language),
        "benefit": text(f"benefit.{proposal.benefit.value}", language),
        "ground": text(f"money.ground.{proposal.ground.value}", language),
        "month": proposal.month,
        "amount": yuan(proposal.amount, language),
        "by": text("money.by", language, who=who, when=local_time(proposal.proposed_at)),
        "state": stored.decision.verdict.value if stored.decision else "waiting",
        "ended": ended(stored, names, language),
    }


def ended(stored: StoredProposal, names: dict[str, str], language: Language) -> str:
    """By whom and when; empty while it waits."""
    if stored.decision is None:
        return ""
    verdict = text(f"money.state.{stored.decision.verdict.value}", language)
    who, when = names.get(stored.decision.decided_by, "?"), local_time(stored.decision.decided_at)
    return text("money.ended", language, verdict=verdict, who=who, when=when)


def options(prefix: str, values: Sequence[str], language: Language) -> list[tuple[str, str]]:
    """Values with their words, for a select."""
    return [(value, text(f"{prefix}.{value}", language)) for value in values]
