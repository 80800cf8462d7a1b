"""Rules run page by page, once over several processes, again only for a reason; what is in shadow stays apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from auth_service.core.errors import NotFound, PartlyDone, RuleFixed, StorageFault
from auth_service.flows import run_rules
from auth_service.flows.run_rules import RunRules
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.parameters import RuleState
from auth_service.monitoring.rules import SWEPT
from auth_service.payments.proposals import Act
from auth_service.storage.candidates import READS
from tests.builders import LI, WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.flows.supervising import Supervision

Rows = Callable[..., list[Any]]


@pytest.fixture
def watch(agency: Agency, clock: FixedClock) -> Supervision:
    return Supervision(agency, clock)


def jumps(watch: Supervision, many: int) -> None:
    """So many people whose pension doubled in February."""
    for place in range(many):
        key = f"J-{place}"
        watch.money.add_person(id_number(date(1949, 1, 1), 100 + place), key)
        for month, amount in (("2026-01", "100.00"), ("2026-02", "200.00")):
            watch.money.pay(month, month, amount, key=key)


def test_a_rule_in_force_raises_flags_once(watch: Supervision) -> None:
    jumps(watch, 2)
    watch.money.pay("2026-01", "2026-02")
    assert {rule: one.raised for rule, one in watch.run().items() if one.raised} == {"P04": 2}
    assert watch.agency.flags() == ["P04", "P04"]
    assert watch.run("P04")["P04"].raised == 0
    assert watch.agency.flags() == ["P04", "P04"]


def test_a_payment_after_a_hold_is_found(watch: Supervision) -> None:
    watch.money.do(Act.HOLD, month="2026-03")
    watch.clock.advance(days=5)
    watch.money.rows({"entitlement_month": "2026-03", "pay_date": "2026-03-14", "amount": "148.00"})
    assert watch.run("P05")["P05"].raised == 1
    page = watch.agency.store.queries.flags(None)
    assert [(line.rule_id, line.severity) for line in page.rows] == [("P05", Severity.CRITICAL)]


def test_what_a_rule_in_shadow_finds_is_nowhere_but_in_its_sample(watch: Supervision, rows: Rows) -> None:
    watch.share_account()
    ran = watch.run()
    assert {rule: (one.state, one.raised) for rule, one in ran.items() if one.raised} == {
        "P01": (RuleState.SHADOW, 1), "P02": (RuleState.SHADOW, 2),
    }  # fmt: skip
    assert watch.agency.flags() == []
    assert watch.agency.store.queries.flag_counts() == {"open": 0, "needs_check": 0, "false_flag": 0}
    assert rows("SELECT COUNT(*) FROM flags")[0][0] == 0
    with watch.agency.store.reading() as unit:
        assert unit.flags.unsettled_about(watch.money.person) == []
    (found,) = watch.sample("P01")
    assert watch.money.person in found.flag.person_ids
    assert len(found.flag.person_ids) == 2


def test_a_rule_that_comes_into_force_raises_what_it_found_in_shadow(watch: Supervision) -> None:
    watch.share_account()
    watch.run("P01")
    watch.set("P01", RuleState.IN_FORCE, severity=Severity.MEDIUM)
    assert watch.run("P01")["P01"].raised == 1
    (line,) = watch.agency.store.queries.flags(None).rows
    assert (line.rule_id, line.severity) == ("P01", Severity.MEDIUM)


def test_other_parameters_are_another_rule_in_shadow(watch: Supervision) -> None:
    watch.share_account()
    watch.run("P01")
    watch.set("P01", RuleState.SHADOW, parameters={"most_groups": "2"})
    assert watch.run("P01")["P01"].raised == 0
    assert watch.sample("P01") == []


def test_a_rule_that_is_off_does_not_run(watch: Supervision) -> None:
    jumps(watch, 1)
    watch.set("P04", RuleState.OFF)
    assert watch.run("P04")["P04"].facts == 0
    assert watch.agency.flags() == []
    assert watch.running.if_due()["rules"] == len(SWEPT) - 1


def test_by_itself_a_rule_runs_again_only_for_a_reason(watch: Supervision) -> None:
    watch.money.pay("2026-01", "2026-02")
    assert watch.running.if_due()["rules"] == len(SWEPT)
    assert watch.running.if_due() == {}
    watch.clock.advance(minutes=5)
    watch.money.pay("2026-03", "2026-03", "300.00")
    assert watch.running.if_due() == {"rules": 5, "facts": 1, "raised": 1, "shadow": 0}, (
        "P04, P05, P06, D06 and C03 read payments"
    )
    assert watch.agency.flags() == ["P04"]
    watch.clock.advance(days=1)
    assert watch.running.if_due()["rules"] == len([one for one in SWEPT if "day" in READS[one.candidates]])
    watch.set("P05", RuleState.SHADOW)
    assert watch.running.if_due()["rules"] == 1
    assert watch.running.if_due() == {}


def test_a_run_that_was_killed_goes_on_where_it_stopped(watch: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_rules, "FACTS_AT_ONCE", 2)
    jumps(watch, 7)
    seen: list[int] = []

    def killed(done: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch.run("P04", progress=killed)
    assert len(watch.agency.flags()) == 4
    seen.clear()
    report = watch.run("P04", progress=seen.append)["P04"]
    assert (report.facts, report.raised, sum(seen)) == (7, 7, 3)
    assert len(watch.agency.flags()) == 7


def test_several_processes_share_one_run(watch: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_rules, "FACTS_AT_ONCE", 1)
    jumps(watch, 6)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            RunRules(watch.agency.store, watch.agency.ledger_store, watch.clock).run(["P04"], "cli", lambda _: None)
        except BaseException as error:  # noqa: BLE001 - told below
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(watch.agency.flags()) == 6
    assert len(set(watch.agency.store.queries.flags(None, limit=100).rows)) == 6


def test_a_setting_that_changes_meanwhile_ends_the_run(watch: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_rules, "FACTS_AT_ONCE", 1)
    jumps(watch, 3)
    changed: list[int] = []

    def switch_off(_: int) -> None:
        if not changed:
            changed.append(1)
            watch.set("P04", RuleState.OFF)

    report = watch.run("P04", progress=switch_off)["P04"]
    assert (report.cut, report.facts, len(watch.agency.flags())) == (True, 1, 1)
    assert watch.run("P04")["P04"].state is RuleState.OFF


def test_a_rule_whose_setting_was_written_by_hand_keeps_no_other_from_running(watch: Supervision, rows: Rows) -> None:
    jumps(watch, 1)
    rows(
        "INSERT INTO rule_settings (id, rule_id, rule_version, state, parameters, reason, proposed_by, proposed_at) "
        f"VALUES ('x', 'P05', 1, 'off', '{{}}', 'x', '{watch.admin.id}', '2026-03-10 00:00:00.000000')"
    )
    rows(
        "INSERT INTO rule_activations (number, setting_id, starts_on, proposed_by, activated_by, activated_at) "
        f"VALUES (1, 'x', '2026-03-01', '{watch.admin.id}', '{watch.other.id}', '2026-03-10 00:00:00.000000')"
    )
    report = watch.running.run([], "cli", lambda _: None)
    assert report.failed == {"rule_tampered": ("P05",)}
    assert watch.agency.flags() == ["P04"]
    with pytest.raises(PartlyDone, match="rule_tampered: P05"):
        watch.running.if_due()


def test_only_the_ledgers_role_reads_where_benefits_are_paid(watch: Supervision, agency: Agency) -> None:
    watch.share_account()
    front = RunRules(agency.store, agency.store, watch.clock).run(["P01", "P04"], "cli", lambda _: None)
    if agency.urls.front == agency.urls.ledger:
        assert front.failed == {}
    else:
        assert front.failed == {"ledger_role_missing": ("P01",)}
        assert [one.rule_id for one in front.ran] == ["P04"]
    without = RunRules(agency.store, agency.store, watch.clock, reads_bank=False)
    assert without.if_due()["rules"] == len(SWEPT) - 3


def test_a_rule_that_does_not_exist_or_has_no_run_is_refused(watch: Supervision) -> None:
    for rule, error in (("X99", NotFound), ("V05", RuleFixed)):
        with pytest.raises(error):
            watch.running.run([rule], "cli", lambda _: None)


def test_a_set_that_does_not_go_on_ends_with_an_error(watch: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    jumps(watch, 1)
    real = RunRules._next
    first = real(watch.running, SWEPT[5], _nothing(), watch.clock.now())
    monkeypatch.setattr(RunRules, "_next", lambda *_: first)
    with pytest.raises(StorageFault):
        watch.running.run(["P04"], "cli", lambda _: None)


def _nothing() -> Any:
    class Run:
        place = ""

    return Run()


def test_a_run_is_told_in_the_audit_trail(watch: Supervision) -> None:
    jumps(watch, 1)
    watch.run("P04")
    with watch.agency.store.reading() as unit:
        (event,) = [row.event for row in unit.audit.rows() if row.event.action == "rule.ran"]
    assert (event.subject, event.details) == ("rule:P04", {"state": "in_force", "facts": 1, "raised": 1})


def test_two_people_who_may_be_one_are_found_by_what_lies_open(watch: Supervision) -> None:
    twin = id_number(date(1948, 5, 2), 14)
    watch.money.add_person(twin, "TS-2")
    watch.money.add_person(LI, "TS-3", name="李建国")
    ran = watch.run("I04", "I05")
    assert {rule: one.raised for rule, one in ran.items()} == {"I04": 1, "I05": 1}
    (found,) = watch.sample("I05")
    assert found.flag.evidence["digits_apart"] == sum(a != b for a, b in zip(WANG, twin, strict=True))
