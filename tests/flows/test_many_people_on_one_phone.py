"""V01: more than five people on one phone within a month. The passes stand; a monitor asks who helps."""

from __future__ import annotations

from datetime import date

from auth_service.qualification.decision import Outcome
from tests.builders import Agency, id_number
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.capturing import Phone, Rows


def neighbours(agency: Agency, count: int) -> list[tuple[str, str]]:
    """People who are enrolled: number and face."""
    found = []
    for place in range(count):
        number = id_number(date(1950, 1, 1 + place), 10 + place)
        agency.person(number, f"邻居{place}")
        agency.enroll(number, picture(f"neighbour {place}"))
        found.append((number, f"neighbour {place}"))
    return found


def test_the_sixth_person_on_one_phone_raises_one_flag_and_passes_all_the_same(
    agency: Agency, clock: FixedClock, rows: Rows
) -> None:
    phone = Phone(agency)
    for place, (number, face) in enumerate(neighbours(agency, 7)):
        done = phone.run(number, face, take=place + 1, mark="one phone")
        assert done.decision.outcome is Outcome.QUALIFIED
        assert len(done.flags) == (place == 5), "once a month"
    (evidence, people) = rows("SELECT evidence, (SELECT count(*) FROM flag_people) FROM flags WHERE rule_id = 'V01'")[0]
    assert '"people":6' in evidence
    assert people == 6
    assert "one phone" not in str(rows("SELECT browser FROM capture_sessions")), "only a keyed hash is kept"


def test_five_people_several_phones_failures_and_the_past_raise_none(agency: Agency, clock: FixedClock) -> None:
    phone, known = Phone(agency), neighbours(agency, 8)
    for place, (number, face) in enumerate(known[:5]):
        assert phone.run(number, face, take=place + 1, mark="one phone").flags == ()
    assert phone.run(*known[0], take=6, mark="one phone").flags == (), "the same person again"
    assert phone.run(*known[5], take=7, mark="another").flags == ()
    assert phone.run(known[6][0], "somebody else", take=8, mark="one phone").flags == (), "who fails is not counted"
    clock.advance(days=31)
    assert phone.run(*known[7], take=9, mark="one phone").flags == (), "a month later they count no more"
