"""The next due date on a certificate is the one that the sweep will write down: by policy, benefit, region and day."""

from __future__ import annotations

from datetime import date

import pytest

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.connectors.policy_file import read_policy_text
from auth_service.core.clock import legal_date
from auth_service.core.errors import PolicyTampered
from auth_service.flows.issue_receipts import IssueReceipts
from auth_service.flows.keep_outages import KeepOutages
from auth_service.flows.keep_policies import KeepPolicies
from auth_service.flows.propose_act import Wish
from auth_service.flows.sweep import Sweep
from auth_service.payments.proposals import Act, Ground
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.paying import Money
from tests.flows.test_the_sweep_finds_who_is_due import bring, event
from tests.storage.samples import direct_sql

HALF = "name: half\npolicies:\n  - benefits: [resident_pension]\n    region: '130203'\n    cycle: {months: 6}\n"


def in_force(agency: Agency, text: str, on: date | None = None) -> None:
    called = text.split()[1]
    first, second = (agency.member(Role.POLICY_ADMIN, f"{who}-{called}") for who in ("xu", "he"))
    keeping = KeepPolicies(agency.store, agency.clock)
    name = keeping.propose(read_policy_text(text), first).policies.name
    keeping.activate(name, on or legal_date(agency.clock.now()), second)


def passed(agency: Agency, number: str = WANG, face: str = "wang", take: int = 1) -> date:
    result = agency.verify(number, picture(face, take=take))
    assert result.certificate is not None
    assert result.due_on == result.certificate.due_on
    ((kept,),) = direct_sql(
        agency.urls.front, f"SELECT due_on FROM certificates WHERE serial = '{result.certificate.serial}'"
    )
    assert str(kept) == str(result.due_on)
    return result.certificate.due_on


def swept_due(agency: Agency, person: str) -> list[str]:
    Sweep(agency.store, agency.clock).run(None, "test", lambda _: None)
    wanted = f"SELECT due_on FROM life_states WHERE person_id = '{person}' ORDER BY due_on"
    return [str(due) for (due,) in direct_sql(agency.urls.front, wanted)]


def test_before_there_are_policies_twelve_months_hold(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    assert passed(agency) == date(2027, 3, 31)


def test_a_policy_of_six_months_in_a_region_is_named_there_and_only_there(agency: Agency, clock: FixedClock) -> None:
    wang = agency.person()
    agency.person(LI, "李建国")
    direct_sql(agency.urls.ledger, f"UPDATE people SET region_code = '130284' WHERE id <> '{wang}'")
    for number, face in ((WANG, "wang"), (LI, "li")):
        agency.enroll(number, picture(face))
    clock.advance(days=300)
    in_force(agency, HALF)
    assert str(legal_date(clock.now())) == "2027-01-04"
    assert (passed(agency), passed(agency, LI, "li")) == (date(2027, 7, 31), date(2028, 1, 31))
    assert swept_due(agency, wang) == ["2027-07-31"]


def test_a_policy_counts_from_its_own_day_on(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    clock.advance(days=300)
    in_force(agency, HALF, date(2027, 2, 1))
    assert passed(agency) == date(2028, 1, 31)
    clock.advance(days=365)
    assert passed(agency, take=2) == date(2028, 7, 31)


def test_of_two_benefits_the_soonest_is_named(agency: Agency, clock: FixedClock) -> None:
    money = Money(agency, clock)
    money.add_person(benefit_kind="survivor")
    agency.enroll(WANG, picture("wang"))
    clock.advance(days=300)
    in_force(agency, HALF.replace("resident_pension", "survivor"))
    assert passed(agency) == date(2027, 7, 31)
    assert swept_due(agency, money.person) == ["2027-07-31", "2028-01-31"]


def test_what_an_earlier_policy_or_an_outage_gave_is_not_taken_back_by_a_paper(
    agency: Agency, clock: FixedClock
) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    clock.advance(days=1)
    first = passed(agency)
    in_force(agency, HALF)
    clock.advance(days=2)
    assert passed(agency, take=2) == first == date(2027, 3, 31), "a promise stands"
    clock.advance(days=370)
    KeepOutages(agency.store, clock).add((date(2027, 3, 12), date(2027, 3, 13)), "network", "test")
    assert swept_due(agency, person) == ["2027-04-30"]


def test_a_benefit_that_has_ended_makes_nobody_late(agency: Agency, clock: FixedClock) -> None:
    """Months after an unemployment benefit ended its old date stands on no paper about the pension."""
    money = Money(agency, clock)
    money.add_person(benefit_kind="unemployment")
    agency.enroll(WANG, picture("wang"))
    for act, ground in ((Act.HOLD, Ground.DATA_CONFLICT), (Act.TERMINATE, Ground.CONDITION_ENDED)):
        wish = Wish(money.person, BenefitKind.UNEMPLOYMENT, act, ground)
        money.approve(money.proposing.run(wish, money.officer))
    clock.advance(days=300)
    in_force(agency, HALF.replace("resident_pension", "unemployment").replace("months: 6", "months: 1"))
    clock.advance(days=200)
    assert passed(agency) == date(2028, 7, 31)
    clock.advance(days=1)
    assert receipt(agency, money.person) == date(2028, 7, 31)


def receipt(agency: Agency, person: str) -> date:
    """The due date on the certificate of a pass by data today."""
    today = legal_date(agency.clock.now())
    bring(agency, event(WANG, "住院", today, str(today)))
    assert IssueReceipts(agency.store, agency.signer, agency.clock).run()["issued"] == 1
    with agency.store.reading() as unit:
        return unit.receipts.of_person(person)[0].certificate.due_on


def test_a_pass_by_data_names_the_date_that_the_sweep_keeps(agency: Agency, clock: FixedClock) -> None:
    money = Money(agency, clock)
    clock.advance(days=1)
    first = receipt(agency, money.person)
    assert first == date(2027, 3, 31)
    in_force(agency, HALF)
    clock.advance(days=1)
    assert receipt(agency, money.person) == first, "a promise stands"
    assert swept_due(agency, money.person) == [str(first)]
    clock.advance(days=370)
    KeepOutages(agency.store, clock).add((date(2027, 3, 12), date(2027, 3, 13)), "network", "test")
    money.add_person(benefit_kind="survivor")
    in_force(
        agency,
        HALF.replace("resident_pension", "survivor").replace("name: half", "name: more")
        + "    evidence: {silent: false}\n",
    )
    clock.advance(days=1)
    named = receipt(agency, money.person)
    assert str(named) == min(swept_due(agency, money.person)), "of two benefits the soonest, counted or not"


def test_a_pass_that_a_policy_does_not_count_promises_nothing(agency: Agency, clock: FixedClock) -> None:
    """Whoever goes by the paper must not be late: it names the date that stands."""
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    clock.advance(days=300)
    in_force(agency, HALF + "    channels: {counter: {zones: [grey]}}\n")
    assert passed(agency) == date(2027, 3, 31)
    assert swept_due(agency, person) == ["2027-03-31"]


def test_no_certificate_is_made_by_rules_that_nobody_put_in_force(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    in_force(agency, HALF)
    row = "SELECT 9, policy_id, starts_on, proposed_by, activated_by, activated_at, guard FROM policy_activations"
    columns = "(number, policy_id, starts_on, proposed_by, activated_by, activated_at, guard)"
    direct_sql(agency.urls.front, f"INSERT INTO policy_activations {columns} {row}")
    with pytest.raises(PolicyTampered):
        agency.verify(WANG, picture("wang", take=1))
    assert not direct_sql(agency.urls.front, "SELECT 1 FROM certificates")
