"""What people at a made-up agency do with what the service puts before them: look, hold, ask, end, give back.

They follow the book: nobody is ended who was not held first, whoever answers is given back at once, and two different
people stand for each act that takes money away. They learn the truth only by asking the person, as people do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.cli.simulated_clock import StandingClock
from auth_service.core.errors import ActRefused, NotFound
from auth_service.flows.give_back import Restoring
from auth_service.flows.propose_act import Wish
from auth_service.payments.months import later, month_of
from auth_service.payments.proposals import Act, Ground
from auth_service.wiring import Wiring

_ANSWERS_AFTER = timedelta(days=3)
"""Somebody whose money is held and who is well comes to the counter. source: own decision"""
_ENDED_AFTER = timedelta(days=35)
"""A hold becomes an end only after a second look at the next month's files. source: own decision"""


@dataclass(frozen=True, slots=True)
class _Held:
    person_id: str
    benefit: BenefitKind
    since: int


@dataclass(slots=True)
class Outcome:
    """held, ended: by two people; wrongly_held: who lives, with days until it was lifted; refused: acts that the
    service would not let them do"""

    held: int = 0
    ended: int = 0
    wrongly_held: int = 0
    days_to_restore: list[int] = field(default_factory=list)
    days_to_hold: list[int] = field(default_factory=list)
    refused: int = 0


class Hands:
    """Two officers' work in one pair of hands, a checker's in another."""

    def __init__(self, wiring: Wiring, clock: StandingClock) -> None:
        self._wiring = wiring
        self._clock = clock
        self._maker = self._member("sim.officer", Role.OFFICER)
        self._checker = self._member("sim.checker", Role.CHECKER)
        self.steward = self._member("sim.steward", Role.DATA_STEWARD)
        self.releaser = self._member("sim.steward2", Role.DATA_STEWARD)
        self.outcome = Outcome()
        self._held: dict[str, _Held] = {}
        self._seen: set[str] = set()
        self.ended: set[str] = set()

    @property
    def held(self) -> set[str]:
        """Keys of people whose money is held now."""
        return set(self._held)

    def hold(self, key: str, person_id: str, benefit: BenefitKind, days_since_death: int | None) -> None:
        """Two people hold what a critical flag about a death names; not again whoever came and was seen.

        days_since_death  None for somebody who lives
        """
        if key in self._held or key in self.ended or key in self._seen:
            return
        wish = Wish(person_id, benefit, Act.HOLD, Ground.DEATH_RECORD, note="flag")
        if not self._both(wish):
            return
        self._held[key] = _Held(person_id, benefit, self._clock.now().toordinal())
        self.outcome.held += 1
        if days_since_death is not None:
            self.outcome.days_to_hold.append(days_since_death)

    def answer(self, dead: Mapping[str, date]) -> list[str]:
        """The living among the held come to the counter, and one person gives back; the others are ended in time.

        dead     key -> day of death of those who died, as their families tell who is asked
        returns  keys of those who came
        """
        came = []
        for key, held in list(self._held.items()):
            if key not in dead:
                self._restore(key, held)
                came.append(key)
            elif self._clock.now().toordinal() - held.since >= _ENDED_AFTER.days:
                self._end(key, held, later(month_of(dead[key]), 1))
        return came

    def _restore(self, key: str, held: _Held) -> None:
        self._clock.advance(_ANSWERS_AFTER)
        self._wiring.give_back.run(Restoring(held.person_id, Ground.SEEN_IN_PERSON), self._maker)
        self.outcome.wrongly_held += 1
        self.outcome.days_to_restore.append(self._clock.now().toordinal() - held.since)
        self._clock.advance(-_ANSWERS_AFTER)
        self._seen.add(key)
        del self._held[key]

    def _end(self, key: str, held: _Held, month: str) -> None:
        """month: the first of which nothing is due, which may be paid already"""
        if self._both(Wish(held.person_id, held.benefit, Act.TERMINATE, Ground.DEATH_CONFIRMED, month, "asked")):
            self.outcome.ended += 1
            self.ended.add(key)
            del self._held[key]

    def _both(self, wish: Wish) -> bool:
        """One proposes, the other approves. False: the service refuses the act, as for somebody just seen."""
        try:
            proposal = self._wiring.propose_act.run(wish, self._maker)
            self._wiring.decide_proposal.approve(proposal.id, "", self._checker)
        except (ActRefused, NotFound):
            self.outcome.refused += 1
            return False
        return True

    def _member(self, name: str, role: Role) -> StaffMember:
        return self._wiring.keep_staff.create(name, role, None, "simulation")[0]
