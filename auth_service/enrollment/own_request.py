"""What a person may ask about their own data. Asking changes nothing; a privacy officer carries it out in person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auth_service.core.errors import FieldInvalid


class OwnWish(StrEnum):
    """What is asked for. None of them moves a due date or a payment."""

    WITHDRAW_CONSENT = "withdraw_consent"
    """No more face: reference photos, templates and captures go; the other ways stay."""
    ERASE = "erase"
    """Everything that is kept about the person here."""
    DATA_OPT_OUT = "data_opt_out"
    """No data comparison from that day on; the person passes by another way."""
    DATA_OPT_IN = "data_opt_in"
    """Data comparison again."""


HELD_BACK_BY_CASES = frozenset({OwnWish.WITHDRAW_CONSENT, OwnWish.ERASE})
"""Wait until an open flag about the person is settled. source: contract.md section 4"""


class Papers(StrEnum):
    """How the person was known when they confirmed it in person."""

    ID_CARD = "id_card"
    HOUSEHOLD_BOOK = "household_book"
    PROXY_LETTER = "proxy_letter"
    """A proxy came, with a letter of authority and both identity cards."""


class Answer(StrEnum):
    """What became of a request."""

    DONE = "done"
    TAKEN_BACK = "taken_back"
    """The person does not want it any more."""
    NOT_CONFIRMED = "not_confirmed"
    """Somebody else had asked, or nobody came to confirm it."""


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One request. settled_at, settled_by, answer, papers: None while it waits; papers only of what was done"""

    id: str
    person_id: str
    wish: OwnWish
    channel: str
    asked_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    answer: Answer | None = None
    papers: Papers | None = None
    note: str = ""


def check_answer(answer: str, papers: str) -> tuple[Answer, Papers | None]:
    """The two as a form gives them. raises FieldInvalid: nothing is carried out without papers that were seen"""
    if answer not in set(Answer):
        raise FieldInvalid(field="answer")
    if Answer(answer) is not Answer.DONE:
        return Answer(answer), None
    if papers not in set(Papers):
        raise FieldInvalid(field="papers")
    return Answer.DONE, Papers(papers)
