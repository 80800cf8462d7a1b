"""A one-time code goes to the telephone that the ledger knows, and nowhere else; on both databases."""

from __future__ import annotations

from datetime import date

import pytest

from auth_service.core.errors import CodeNotOffered, CodeRefused, RateLimited, SessionExpired
from auth_service.flows.prove_possession import CodeCounts, ProvePossession
from tests.builders import LI, STRANGER, WANG, id_number
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows, step

TELEPHONE = "13900000001"
HIS_WIFE = id_number(date(1951, 3, 8), 24)


@pytest.fixture
def known(phone: Phone) -> Phone:
    phone.agency.person(LI, "李建国", phone=TELEPHONE)
    return phone


def test_the_code_that_came_back_stands_in_the_session_until_it_is_judged(known: Phone, clock: FixedClock) -> None:
    key = known.open(LI)
    known.proving.send(key)
    ((telephone, code),) = known.codes.sent
    assert (telephone, len(code), code.isdigit()) == (TELEPHONE, 6, True)
    clock.advance(seconds=300)
    known.proving.give(key, code)
    known.proving.give(key, code)  # an answer that was lost
    key, begun = known.start(key)
    for n in range(begun.count):
        known.send(key, step(n))
    known.completing.run(key)
    assert known.assess.possession
    known.run()
    assert not known.assess.possession, "another session has nothing of it"


def test_only_the_last_code_counts_for_ten_minutes_and_in_its_own_session(known: Phone, clock: FixedClock) -> None:
    key, other = known.open(LI), known.open(LI, device="elsewhere")
    with pytest.raises(CodeRefused):
        known.proving.give(key, "000000")
    known.proving.send(key)
    known.proving.send(key)
    (_, first), (_, second) = known.codes.sent
    for one, code in ((key, first if first != second else "x"), (other, second)):
        with pytest.raises(CodeRefused):
            known.proving.give(one, code)
    clock.advance(seconds=599)
    known.proving.give(key, second)
    clock.advance(seconds=1)
    with pytest.raises(SessionExpired):
        known.proving.give(key, second)


def test_a_code_is_guessed_at_five_times_and_sent_five_times_a_day(known: Phone) -> None:
    key = known.open(LI)
    known.proving.send(key)
    right = known.codes.sent[0][1]
    wrong = "111111" if right != "111111" else "222222"
    for _ in range(5):
        with pytest.raises(CodeRefused):
            known.proving.give(key, wrong)
    with pytest.raises(RateLimited):
        known.proving.give(key, right)
    for _ in range(4):
        known.proving.send(known.open(LI))
    with pytest.raises(RateLimited):
        known.proving.send(known.open(LI))


def test_whoever_knows_an_id_number_uses_up_nobody_elses_codes(known: Phone) -> None:
    """By the right name or by another: where a stranger is, the stranger's own are used up."""
    for name in (None, "somebody else"):
        for n in range(4):
            for _ in range(5):
                known.proving.send(known.open(LI, device=f"stranger {name} {n}", name=name))
            with pytest.raises(RateLimited):
                known.proving.send(known.open(LI, device=f"stranger {name} {n}", name=name))
        known.proving.send(known.open(LI, device=f"own, {name}"))


def test_a_telephone_that_got_twenty_today_gets_no_more_and_nobody_is_told(known: Phone) -> None:
    """Nor does another name tell by it whose telephone that is, for it counts against none."""
    known.agency.person(HIS_WIFE, "王秀英", phone=TELEPHONE)
    for n in range(5):
        for _ in range(5):
            known.proving.send(known.open(LI, device=f"{n}", name="somebody else"))
    assert {telephone for telephone, _ in known.codes.sent} == {None}
    known.codes.sent.clear()
    for n in range(5):
        for _ in range(5):
            known.proving.send(known.open(LI, device=f"by name {n}"))
    assert [telephone for telephone, _ in known.codes.sent] == [TELEPHONE] * 20 + [None] * 5
    known.proving.send(known.open(HIS_WIFE))
    known.proving.send(known.open(HIS_WIFE, name="somebody else"))
    assert len(known.codes.sent) == 27, "as much is done"


def test_who_is_not_in_the_ledger_or_has_no_telephone_there_is_told_the_same_and_gets_nothing(known: Phone) -> None:
    for number in (WANG, STRANGER):
        for _ in range(5):
            known.proving.send(known.open(number))
        with pytest.raises(RateLimited):
            known.proving.send(known.open(number))
    assert {telephone for telephone, _ in known.codes.sent} == {None}
    assert len(known.codes.sent) == 10, "as much is done"


def test_a_code_that_went_nowhere_is_never_the_right_one(known: Phone) -> None:
    """Without a telephone on file, or once it got twenty, guessing would else be as free as sessions are."""
    key = known.open(WANG)
    known.proving.send(key)
    with pytest.raises(CodeRefused):
        known.proving.give(key, known.codes.sent[-1][1])
    for n in range(4):
        for _ in range(5):
            known.proving.send(known.open(LI, device=f"{n}"))
    key = known.open(LI, device="one more")
    known.proving.send(key)
    telephone, code = known.codes.sent[-1]
    assert telephone is None
    with pytest.raises(CodeRefused):
        known.proving.give(key, code)


def test_the_code_lies_nowhere_in_clear(known: Phone, rows: Rows) -> None:
    key = known.open(LI)
    known.proving.send(key)
    code = known.codes.sent[0][1].encode()
    (kept,) = rows("SELECT details_sealed FROM capture_moves WHERE kind = 'code_sent'")
    assert code not in bytes(kept[0])


def test_an_agency_that_sends_no_codes_says_so(known: Phone, clock: FixedClock) -> None:
    nothing = CodeCounts(lambda *_: None, lambda _: True, lambda *_: None)
    proving = ProvePossession(known.agency.store, clock, known.proving._policies, None, nothing)
    with pytest.raises(CodeNotOffered):
        proving.send(known.open(LI))
