"""Running the rules that look through what is stored, page by page.

It may be killed at any point and run again: each page is one transaction, and a new process goes on behind the last
one that was kept. Twice is once: a finding is raised once per dedupe key. A rule in force raises flags, one in shadow
leaves findings apart, and nothing else follows from either.

Incremental by rule: by itself a rule runs again only once something was written that its facts are read from, or where
it looks at time, once a legal day; or once it was given another setting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import LedgerRoleMissing, PartlyDone, RuleTampered, StorageFault
from auth_service.flows.rule_terms import FACTS_AT_ONCE, raise_by
from auth_service.monitoring.flags import Flag
from auth_service.monitoring.parameters import RuleState, RuleTerms
from auth_service.monitoring.rules import SWEPT, swept
from auth_service.monitoring.swept import Placed, SweptRule
from auth_service.storage.unit import OF_THE_LEDGER, RuleRun, Store, Unit, new_run

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule. facts: rows looked at; raised: what is new; cut: its setting changed meanwhile, the next run goes on"""

    rule_id: str
    state: RuleState
    facts: int = 0
    raised: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class RunReport:
    """ran: rules that ran, those switched off too; failed: code of the error -> rules that could not run"""

    ran: tuple[RuleReport, ...] = ()
    failed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """For the worker. Empty where nothing ran."""
        if not self.ran:
            return {}
        raised = {state: sum(one.raised for one in self.ran if one.state is state) for state in RuleState}
        return {
            "rules": len(self.ran),
            "facts": sum(one.facts for one in self.ran),
            "raised": raised[RuleState.IN_FORCE],
            "shadow": raised[RuleState.SHADOW],
        }


@dataclass(frozen=True, slots=True)
class _Page:
    """flags: as they are to be raised"""

    facts: Sequence[Placed]
    flags: Sequence[Flag]
    actor: str
    now: datetime


class RunRules:
    """See the module. Several processes that run one rule at once share its pages.

    ledger_store  as the database role that may read where benefits are paid; only sets that need it are read by it
    """

    def __init__(self, store: Store, ledger_store: Store, clock: Clock, *, reads_bank: bool = True) -> None:
        """reads_bank: False where this deployment has not been told of the ledger's role; by itself it then leaves such
        rules to whoever was (docs/operations/README.md)"""
        self._store = store
        self._reads_bank = reads_bank
        self._ledger_store = ledger_store
        self._clock = clock

    def run(self, rule_ids: Sequence[str], actor: str, progress: Callable[[int], None]) -> RunReport:
        """Runs the named rules now, all where none is named. A rule that cannot run keeps no other from running.

        raises   NotFound, RuleFixed: nothing was run; Unavailable
        """
        rules = [swept(rule_id) for rule_id in rule_ids] or list(SWEPT)
        return self._all(rules, actor, progress, only_due=False)

    def if_due(self) -> dict[str, int]:
        """What the worker does at each look: the rules whose facts or settings changed.

        raises   PartlyDone: some rules could not run, the others have; Unavailable
        """
        rules = [rule for rule in SWEPT if self._reads_bank or rule.candidates not in OF_THE_LEDGER]
        report = self._all(rules, SYSTEM, lambda _: None, only_due=True)
        if report.failed:
            told = ", ".join(f"{code}: {' '.join(rules)}" for code, rules in sorted(report.failed.items()))
            raise PartlyDone(told, counts=report.counts())
        return report.counts()

    def _all(
        self, rules: Sequence[type[SweptRule]], actor: str, progress: Callable[[int], None], *, only_due: bool
    ) -> RunReport:
        ran: list[RuleReport] = []
        failed: dict[str, tuple[str, ...]] = {}
        for rule in rules:
            try:
                report = self._one(rule, actor, progress, only_due=only_due)
            except (RuleTampered, LedgerRoleMissing) as error:
                failed[error.code] = (*failed.get(error.code, ()), rule.rule_id)
                continue
            if report is not None:
                ran.append(report)
        return RunReport(tuple(ran), failed)

    def _one(
        self, rule: type[SweptRule], actor: str, progress: Callable[[int], None], *, only_due: bool
    ) -> RuleReport | None:
        """None: nothing to do. raises RuleTampered, LedgerRoleMissing (only the ledger's role may read it)"""
        now = self._clock.now()
        with self._store.reading() as unit:
            terms = unit.rule_settings.terms(rule, legal_date(now))
            seen = unit.seen(rule.candidates, now)
            if only_due and not _is_due(unit, terms, seen):
                return None
        if terms.state is RuleState.OFF:
            return None if only_due else RuleReport(rule.rule_id, terms.state)
        with self._store.unit() as unit:
            unit.alone(f"rule:{rule.rule_id}")
            number = unit.rule_settings.newest()
            run = unit.rule_runs.open(new_run(rule.rule_id, terms.state, (terms.mark, seen), now))
        while run.finished_at is None:
            facts = self._next(rule, run, now)
            flags = [flag for one in facts if (flag := terms.rule.judge(one, now)) is not None]
            with self._store.unit() as unit:
                if unit.rule_settings.newest() != number:
                    return RuleReport(rule.rule_id, terms.state, run.facts, run.raised, cut=True)
                page = _Page(facts, [terms.flag(flag) for flag in flags], actor, self._clock.now())
                run, done = _keep(unit, run, page)
            progress(done)
        return RuleReport(rule.rule_id, terms.state, run.facts, run.raised)

    def _next(self, rule: type[SweptRule], run: RuleRun, now: datetime) -> list[Placed]:
        """Read and judged outside of the transaction that writes: what somebody does meanwhile is for the next run."""
        store = self._ledger_store if rule.candidates in OF_THE_LEDGER else self._store
        with store.reading() as unit:
            return unit.candidates(rule.candidates, run.place, FACTS_AT_ONCE, now)


def _is_due(unit: Unit, terms: RuleTerms, seen: str) -> bool:
    on = terms.state is not RuleState.OFF
    return on and unit.rule_runs.is_due(terms, seen)


def _keep(unit: Unit, run: RuleRun, page: _Page) -> tuple[RuleRun, int]:
    """The run behind this page, and how many rows that were; 0 where another process was faster.

    raises   StorageFault: a set of facts that does not go on, which would never end
    """
    if not page.facts:
        return _end(unit, run, page)
    after = replace(run, place=page.facts[-1].place, facts=run.facts + len(page.facts))
    if after.place <= run.place:
        raise StorageFault(f"the facts of {run.rule_id} do not go on")
    if not unit.rule_runs.advance(run, after):
        return unit.rule_runs.again(run), 0
    fresh = [raise_by(unit, run.state, flag, run.mark) for flag in _still_asked(unit, page.flags)]
    counted = replace(after, raised=run.raised + sum(one is not None for one in fresh))
    unit.rule_runs.advance(after, counted)
    return counted, len(page.facts)


def _still_asked(unit: Unit, flags: Sequence[Flag]) -> list[Flag]:
    """Without those about anybody who was erased since the facts were read: the next run sees who is left."""
    here = unit.links.not_erased(sorted({person for flag in flags for person in flag.person_ids}))
    return [flag for flag in flags if here.issuperset(flag.person_ids)]


def _end(unit: Unit, run: RuleRun, page: _Page) -> tuple[RuleRun, int]:
    ended = replace(run, finished_at=page.now)
    if not unit.rule_runs.advance(run, ended):
        return unit.rule_runs.again(run), 0
    details: Details = {"state": run.state.value, "facts": run.facts, "raised": run.raised}
    unit.audit.append(AuditEvent(page.actor, "rule.ran", f"rule:{run.rule_id}", details), page.now)
    return ended, 0
