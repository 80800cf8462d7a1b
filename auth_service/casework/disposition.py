"""How somebody checks a case, and how it may end. A disposition moves no money: acts on money are proposed apart.

rules   nothing ends before somebody checked; a pass after a registered death not before somebody met the person
        whoever has been seen alive is not confirmed dead
        what proved wrong makes its flags false, so that the rule's scorecard counts it; where a record proved wrong,
        rules that ask about records were right (terms.py)
source  domain.md sections 6 (D07) and 8; trust.md, the worst error is a living person marked dead
"""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """How somebody checked."""

    CALL = "call"
    VISIT = "visit"
    IN_PERSON = "in_person"
    """At a counter."""
    SOURCE_QUERY = "source_query"
    """Whoever keeps the record was asked, or the file was read."""


class Outcome(StrEnum):
    """What came of it."""

    SEEN = "seen"
    """The person was there, by their papers."""
    REACHED = "reached"
    """The person spoke, as far as can be told over a telephone."""
    NOT_REACHED = "not_reached"
    TOLD_OF_DEATH = "told_of_death"
    """Family or neighbours say that the person died."""
    SOURCE_CONFIRMS = "source_confirms"
    SOURCE_CORRECTS = "source_corrects"
    NO_ANSWER = "no_answer"


OUTCOMES: dict[Step, tuple[Outcome, ...]] = {
    Step.CALL: (Outcome.REACHED, Outcome.NOT_REACHED, Outcome.TOLD_OF_DEATH),
    Step.VISIT: (Outcome.SEEN, Outcome.NOT_REACHED, Outcome.TOLD_OF_DEATH),
    Step.IN_PERSON: (Outcome.SEEN, Outcome.NOT_REACHED),
    Step.SOURCE_QUERY: (Outcome.SOURCE_CONFIRMS, Outcome.SOURCE_CORRECTS, Outcome.NO_ANSWER),
}
MEETINGS = frozenset({Step.VISIT, Step.IN_PERSON})


class Disposition(StrEnum):
    """How a case ends."""

    CONFIRMED_DEATH = "confirmed_death"
    CONFIRMED_FRAUD = "confirmed_fraud"
    CONFIRMED_OTHER = "confirmed_other"
    """What was flagged is so, and it is neither."""
    DUPLICATE = "duplicate"
    """Another case deals with it."""
    DATA_ERROR = "data_error"
    """A record is wrong."""
    FALSE_ALARM = "false_alarm"
    """The records are right, and there is nothing wrong."""


CLEARS = frozenset({Disposition.DATA_ERROR, Disposition.FALSE_ALARM})
"""Nothing was wrong with the person: what is held is given back first."""
CONFIRMS = frozenset({Disposition.CONFIRMED_DEATH, Disposition.CONFIRMED_FRAUD, Disposition.CONFIRMED_OTHER})
_NEVER_DEATH = frozenset({"control", "ledger"})


def dispositions_of(cause: str) -> tuple[Disposition, ...]:
    """How a case of this cause may end, in the order of a form. Staff's own acts confirm nobody's death."""
    return tuple(one for one in Disposition if one is not Disposition.CONFIRMED_DEATH or cause not in _NEVER_DEATH)
