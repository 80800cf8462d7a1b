"""The numbers of the fund-safety page, on both databases: benefits given back, contests, flags, deaths, passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from auth_service.flows.count_fund import WINDOWS, CountFund
from auth_service.monitoring.flags import Judgement, Severity, Verdict
from auth_service.monitoring.fund import Exposure, FundCount, RuleFlags, Standing, Tries
from auth_service.payments.proposals import Act, Ground
from auth_service.qualification.evidence import Channel, EvidenceKind
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
from tests.flows.paying import Money
from tests.flows.registries import Registries, death
from tests.storage.samples import LOOK, NON_MATCH, PASSED, TRY_AGAIN, evidence, flag

DIED = {"event_date": "2025-12-11", "recorded_at": "2026-03-01"}
"""By the clock of these tests it is 10 March 2026: she was paid for three months after the month of death."""


@pytest.fixture
def money(agency: Agency, clock: FixedClock) -> Money:
    return Money(agency, clock)


@pytest.fixture
def registries(agency: Agency) -> Registries:
    return Registries(agency, steward="qian")


def counted(money: Money, days: int = 365) -> FundCount:
    CountFund(money.agency.store, money.clock).run()
    found = money.agency.store.queries.fund_count(days)
    assert found is not None
    return found


def of(count: FundCount) -> dict[Standing, Exposure]:
    return {standing: one for standing, one in count.exposure.items() if one.deaths}


def test_a_benefit_given_back_is_wrongful_by_its_ground_and_counted_from_the_first_stop(money: Money) -> None:
    start, queries = money.clock.now(), money.agency.store.queries
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    money.clock.advance(days=3)
    money.do(Act.SUSPEND, Ground.IMPRISONED)
    money.clock.advance(days=2)
    money.restore(Ground.RECORD_WITHDRAWN)
    money.clock.advance(days=1)
    money.do(Act.SUSPEND, Ground.IMPRISONED)
    money.clock.advance(days=4)
    money.restore(Ground.RELEASED)
    until = money.clock.now() + timedelta(seconds=1)
    first, second = queries.restores(start, until)
    assert (first.taken, first.given, first.days, first.is_wrongful) == (
        Ground.DEATH_RECORD, Ground.RECORD_WITHDRAWN, 5.0, True,
    )  # fmt: skip
    assert (second.given, second.days, second.is_wrongful) == (Ground.RELEASED, 4.0, False)
    late = queries.restores(start + timedelta(days=6), until)
    assert [one.given for one in late] == [Ground.RELEASED], "of a window: only what was given back in it"
    assert queries.restores(start, start + timedelta(days=1)) == []


def test_a_proposal_that_nobody_approved_is_no_hold(money: Money) -> None:
    start = money.clock.now()
    money.propose(Act.HOLD, Ground.DEATH_RECORD)
    assert money.agency.store.queries.restores(start, start + timedelta(days=9)) == []


def test_open_contests_are_those_that_nobody_answered(money: Money) -> None:
    queries, opened = money.agency.store.queries, money.clock.now()
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    money.opening.by_staff(money.person, "我还好好的", money.officer)
    assert queries.open_contests() == [opened]
    money.restore(Ground.SEEN_IN_PERSON)
    assert queries.open_contests() == []


def test_flags_are_counted_by_rule_and_severity_with_their_newest_judgement(agency: Agency, clock: FixedClock) -> None:
    raised = clock.now() - timedelta(days=40)
    made = [replace(flag(key=f"k{n}"), raised_at=raised + timedelta(minutes=n)) for n in range(4)]
    made.append(replace(flag(key="k9", severity=Severity.CRITICAL), raised_at=clock.now() - timedelta(days=1)))
    with agency.store.unit() as unit:
        ids = [unit.flags.raise_once(one) or "" for one in made]
        first = unit.judgements.add(Judgement(ids[0], Verdict.NEEDS_CHECK, "查", "s", raised + timedelta(days=1)), None)
        unit.judgements.add(Judgement(ids[0], Verdict.FALSE_FLAG, "误", "s", raised + timedelta(days=9)), first)
        told = Judgement(ids[1], Verdict.NEEDS_CHECK, "查", "s", raised + timedelta(days=2, minutes=1))
        unit.judgements.add(told, None)
    CountFund(agency.store, clock).run()
    quarter, month = agency.store.queries.fund_count(90), agency.store.queries.fund_count(30)
    assert quarter is not None
    assert month is not None
    assert quarter.flags == (RuleFlags("V03", "critical", 1, 0, 0), RuleFlags("V03", "medium", 2, 1, 1))
    assert quarter.flags[1].raised == 4
    assert quarter.judged["V03"].median == 1.5, "the first judgement of each"
    assert (month.flags, month.judged) == ((RuleFlags("V03", "critical", 1, 0, 0),), {})


def test_a_record_that_means_somebody_else_is_nobodys_death(money: Money, registries: Registries) -> None:
    money.pay("2025-10", "2026-03")
    registries.take(death("D-1", id_number=WANG, **DIED))
    registries.compare()
    assert counted(money).waiting == 1
    link = str(registries.flags()[0].evidence["link"])
    registries.disproving.run(link, "写的是亲属的号码，本人健在", registries.second())
    count = counted(money)
    assert (count.waiting, of(count)) == (0, {})


def test_a_recorded_death_is_open_until_somebody_acts_and_its_days_count_from_the_death(
    money: Money, registries: Registries
) -> None:
    money.pay("2025-10", "2026-03")
    registries.take(death("D-1", id_number=WANG, **DIED), death("D-2"))
    count = counted(money)
    assert of(count) == {Standing.OPEN: Exposure(1, 1, 3, 3 * 14_800)}
    assert (count.waiting, count.deaths, count.bars) == (1, None, (0, 0, 0, 0, 0))
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    count = counted(money)
    assert of(count) == {Standing.HELD: Exposure(1, 1, 3, 3 * 14_800)}
    assert count.deaths is not None
    assert (count.deaths.median, count.deaths.count, count.waiting) == (89.0, 1, 0), "11 December to 10 March"
    assert count.bars == (0, 0, 0, 1, 0)
    money.do(Act.TERMINATE, Ground.DEATH_CONFIRMED)
    assert list(of(counted(money))) == [Standing.CONFIRMED]
    assert of(counted(money, 30)), "recorded nine days ago"


def test_what_came_back_is_no_loss(money: Money, registries: Registries) -> None:
    money.pay("2026-01", "2026-03")
    money.pay("2026-02", "2026-02", status="returned")
    money.pay("2026-03", "2026-03", amount="48.00", status="reversed")
    registries.take(death("D-1", id_number=WANG, **DIED))
    assert of(counted(money))[Standing.OPEN].fen == 3 * 14_800 - 14_800 - 4_800


def test_who_was_found_alive_and_whose_record_was_taken_back_are_no_deaths(
    money: Money, registries: Registries, clock: FixedClock
) -> None:
    other = money.add_person(LI, "TS-2")
    registries.take(death("D-1", id_number=WANG, **DIED), death("D-2", id_number=LI, **DIED))
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    assert len(of(counted(money))) == 2
    money.opening.by_staff(money.person, "我还好好的", money.officer)
    assert Standing.CONTESTED in of(counted(money))
    money.restore(Ground.SEEN_IN_PERSON)
    assert of(counted(money)) == {Standing.OPEN: Exposure(1, 0, 0, 0)}, "she lives; he is still recorded"
    registries.take(death("D-2", message="void", recorded_at="2026-03-02"))
    assert of(counted(money)) == {}
    assert other


def test_a_file_in_quarantine_and_a_discarded_one_speak_against_nobody(money: Money, registries: Registries) -> None:
    report = registries.take(death("D-1", id_number=WANG, **DIED), death("D-2", event_date="2031-01-01"))
    assert of(counted(money)) == {}
    registries.keeping.release(report.batch_id, registries.second())
    assert list(of(counted(money))) == [Standing.OPEN]
    registries.keeping.discard(report.batch_id, "错误文件", registries.steward)
    assert of(counted(money)) == {}


def test_a_year_alone_counts_no_payment_of_that_year(money: Money, registries: Registries) -> None:
    money.pay("2025-10", "2026-01")
    registries.take(death("D-1", id_number=WANG, **(DIED | {"event_date": "2025"})))
    assert of(counted(money))[Standing.OPEN].paid == 1


def test_attempts_are_counted_by_way_county_and_age_band(agency: Agency, clock: FixedClock) -> None:
    old, new = agency.person(WANG, region="130223001"), agency.person(LI, name="李建国", region="130203")
    at = clock.now() - timedelta(days=3)
    made = [
        (replace(evidence(old), taken_at=at), PASSED),
        (replace(evidence(old, comparison=NON_MATCH), taken_at=at), TRY_AGAIN),
        (replace(evidence(new, channel=Channel.KIOSK), taken_at=at), LOOK),
        (replace(evidence(new, kind=EvidenceKind.PHOTO), taken_at=at), LOOK),
        (replace(evidence(new), taken_at=at - timedelta(days=40)), PASSED),
        (replace(evidence(None), taken_at=at), LOOK),
    ]
    with agency.store.unit() as unit:
        for one, decision in made:
            unit.evidence.add(one, decision)
    money_less = CountFund(agency.store, clock)
    assert money_less.run() == {"windows": len(WINDOWS)}
    month, quarter = agency.store.queries.fund_count(30), agency.store.queries.fund_count(90)
    assert month is not None
    assert quarter is not None
    assert month.tries == (
        Tries("counter", "130284", "70-79", 1, 1, 0),
        Tries("kiosk", "130203", "70-79", 0, 0, 1),
    ), "an old county's code is read as today's; a bare photo is nobody's attempt"
    assert sum(one.passed for one in quarter.tries) == 2
    assert month.people == 2
    assert agency.store.queries.fund_count(7) is None
