"""Scorecards of all rules, and what they advise. An advice changes nothing: a person turns it into a setting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import FieldInvalid, RuleTampered
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.parameters import RuleState, RuleTerms
from auth_service.monitoring.rules import RULES, SWEPT
from auth_service.monitoring.scorecard import (
    DEFAULT,
    Advice,
    Scorecard,
    ScorecardPolicy,
    advice,
    advice_of_shadow,
    scorecard,
)
from auth_service.storage.unit import Store, Unit

WINDOW_DAYS = 90
"""source: own decision: a quarter, the rhythm of supervision reports"""
_LONGEST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class RuleCard:
    """One rule. state: how it stands today; whose flags raised where facts arise is always in force

    severity  as it is raised today
    fixed     it has no settings, so that an advice is for whoever writes the rules
    """

    rule_id: str
    state: RuleState
    severity: Severity
    card: Scorecard
    advice: Advice | None
    fixed: bool


@dataclass(frozen=True, slots=True)
class Scorecards:
    since: datetime
    until: datetime
    cards: tuple[RuleCard, ...]


class SeeScorecards:
    """See the module."""

    def __init__(self, store: Store, clock: Clock, policy: ScorecardPolicy = DEFAULT) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    def run(self, days: int = WINDOW_DAYS) -> Scorecards:
        """Of what was raised within so many days; the rules in the order of the catalogue. raises FieldInvalid: days"""
        if not 1 <= days <= _LONGEST_DAYS:
            raise FieldInvalid(f"1 to {_LONGEST_DAYS}", field="days")
        now = self._clock.now()
        since = now - timedelta(days=days)
        with self._store.reading() as unit:
            terms = _terms(unit, legal_date(now))
        fates = self._store.queries.fates(since, now + timedelta(seconds=1))
        cards = []
        for rule_id, rule in sorted(RULES.items()):
            own = terms.get(rule_id)
            state = RuleState.IN_FORCE if own is None else own.state
            severity = (own and own.severity) or rule.severity
            mark = own.mark if own is not None and state is RuleState.SHADOW else None
            card = scorecard(fates.get((rule_id, mark), ()))
            cards.append(RuleCard(rule_id, state, severity, card, self._advice(card, state, severity), own is None))
        return Scorecards(since, now, tuple(cards))

    def _advice(self, card: Scorecard, state: RuleState, severity: Severity) -> Advice | None:
        if state is RuleState.SHADOW:
            return advice_of_shadow(card, self._policy)
        return advice(card, severity, self._policy) if state is RuleState.IN_FORCE else None


def _terms(unit: Unit, today: date) -> dict[str, RuleTerms]:
    """Of swept rules; one whose setting was changed behind the service counts as switched off, which it is."""
    found = {}
    for rule in SWEPT:
        try:
            found[rule.rule_id] = unit.rule_settings.terms(rule, today)
        except RuleTampered:
            found[rule.rule_id] = RuleTerms(rule(), RuleState.OFF)
    return found
