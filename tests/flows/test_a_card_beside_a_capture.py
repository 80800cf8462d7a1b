"""The portrait of a card's chip may raise a doubt. It never passes anybody, and it is kept nowhere."""

from __future__ import annotations

import pytest

from auth_service.flows.session_decision import Completed
from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.decision import Outcome, Reason
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.capturing import Rows, Terminal
from tests.flows.reviewing import Desk


@pytest.fixture
def terminal(agency: Agency) -> Terminal:
    """Wang is enrolled, Li is in the ledger without a photo."""
    agency.person()
    agency.enroll(WANG, picture("wang"))
    agency.person(LI, "李建国")
    return Terminal(agency)


def card(face: str = "wang", *reasons: str) -> bytes:
    return picture(face, take=77, reasons=reasons)


def flags(terminal: Terminal, done: Completed) -> list[tuple[str, tuple[str, ...], str | None]]:
    with terminal.agency.store.reading() as unit:
        found = [unit.flags.get(one) for one in done.flags]
    return [(str(one.flag.evidence["found"]), one.flag.person_ids, one.flag.device_id) for one in found if one]


def test_a_card_that_fits_changes_nothing_about_a_pass(terminal: Terminal, rows: Rows) -> None:
    done = terminal.with_card(card())
    assert (done.decision.outcome, done.decision.reasons) == (Outcome.QUALIFIED, (Reason.MATCH_LIVE,))
    assert done.certificate is not None
    with terminal.agency.store.reading() as unit:
        chip = unit.chips.of(done.evidence_id)
    assert chip is not None
    assert (chip.live_zone, chip.enrolled_zone) == (Zone.MATCH, Zone.MATCH)
    assert rows("SELECT count(*) FROM photos WHERE purpose = 'review'")[0][0] == 0


def test_without_a_card_nothing_is_compared(terminal: Terminal) -> None:
    done = terminal.run()
    assert done.decision.qualified
    with terminal.agency.store.reading() as unit:
        assert unit.chips.of(done.evidence_id) is None


def test_an_old_portrait_is_looked_at_by_a_person_and_flags_nobody(
    terminal: Terminal, agency: Agency, clock: FixedClock
) -> None:
    """The living face is the enrolled one; the card, perhaps of twenty years ago, is the odd one out."""
    done = terminal.with_card(card("long ago"))
    assert (done.decision.outcome, done.decision.reasons) == (Outcome.REFER, (Reason.CHIP_DIFFERS,))
    assert done.outcome.word is OutcomeWord.IN_REVIEW
    assert done.flags == ()
    desk = Desk(agency, clock)
    shown = desk.see.run(done.evidence_id, desk.officer)
    assert shown.chip is not None
    assert (shown.chip.live_zone, shown.chip.enrolled_zone) == (Zone.NON_MATCH, Zone.NON_MATCH)
    assert shown.may_accept, "the pictures are there, and they settle it"
    assert desk.settle(done.evidence_id)["accepted"] == 1


@pytest.mark.parametrize("shown", ["wang", "thief"], ids=["the right card in a thief's hand", "a card of the thief's"])
def test_whoever_is_not_enrolled_here_and_has_a_card_is_looked_at_and_flagged(terminal: Terminal, shown: str) -> None:
    done = terminal.with_card(card(shown), face="thief")
    assert done.decision.outcome is Outcome.REFER
    assert Reason.CHIP_DIFFERS in done.decision.reasons
    assert done.certificate is None
    ((found, people, device),) = flags(terminal, done)
    assert (found, len(people), device) == ("chip_differs", 1, None)


def test_a_card_alone_passes_nobody_however_well_it_fits(terminal: Terminal) -> None:
    for number in (LI, STRANGER):
        done = terminal.with_card(card("li"), number, "li", take=number == LI)
        assert done.decision.outcome is Outcome.REFER
        assert done.decision.reasons == (Reason.NO_USABLE_REFERENCE, Reason.CHIP_IS_OF_THE_PERSON)
        assert (done.outcome.word, done.certificate) == (OutcomeWord.OTHER_WAY, None), "the same for a number of nobody"


def test_a_card_makes_no_living_face_of_a_picture(terminal: Terminal) -> None:
    terminal.assess.verdict, terminal.assess.reasons = PadVerdict.INCONCLUSIVE, (PadReason.GEOMETRY_ABSENT,)
    done = terminal.with_card(card())
    assert not done.decision.qualified
    with terminal.agency.store.reading() as unit:
        chip = unit.chips.of(done.evidence_id)
    assert chip is not None
    assert (chip.live, chip.enrolled_zone) == (None, Zone.MATCH)


@pytest.mark.parametrize(
    "portrait", [b"no picture at all", card("long ago", "blurred"), card("long ago", "several_faces", "face_too_small")]
)
def test_a_portrait_that_cannot_be_read_or_is_poor_doubts_nobody(terminal: Terminal, portrait: bytes) -> None:
    assert terminal.with_card(portrait).decision.qualified


def test_a_small_portrait_is_an_ordinary_one(terminal: Terminal) -> None:
    assert terminal.with_card(card("long ago", "face_too_small")).decision.reasons == (Reason.CHIP_DIFFERS,)


def test_an_attack_at_a_kiosk_raises_one_flag_a_day_about_the_device(terminal: Terminal) -> None:
    terminal.assess.verdict, terminal.assess.reasons = PadVerdict.ATTACK_SUSPECTED, (PadReason.TEXTURE_ATTACK,)
    first, second = terminal.run(STRANGER, take=1), terminal.run(STRANGER, take=2)
    assert flags(terminal, first) == [("attack_at_device", (), terminal.device_id)]
    assert second.flags == ()
    assert first.decision.reasons == (Reason.ATTACK_SUSPECTED,)
