"""Rules raise no flag about whoever was erased, and one about those who are left as if the other had never been."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from auth_service.core.errors import StorageFault
from auth_service.flows.run_rules import RunRules
from auth_service.monitoring.parameters import RuleState
from auth_service.storage.records.erasures import Erasures
from tests.builders import LI, WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.flows.erasing import Privacy
from tests.flows.supervising import Supervision

THIRD = id_number(date(1951, 3, 4), 55)


@pytest.fixture
def watch(agency: Agency, clock: FixedClock) -> Supervision:
    return Supervision(agency, clock)


@pytest.fixture
def half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasures come as far as the key, and leave the ledger's row and the account for `reapply`."""

    def forget(*_: Any) -> dict[str, int]:
        raise StorageFault("the database has gone away")

    monkeypatch.setattr(Erasures, "forget", forget)


def shared(watch: Supervision) -> list[tuple[int, object]]:
    """Of each flag of P01 how many people it names, and how many share by its evidence."""
    found = [watch.agency.store.queries.flags(None, cursor=None, limit=100).rows]
    with watch.agency.store.reading() as unit:
        flags = [unit.flags.get(row.id) for row in found[0] if row.rule_id == "P01"]
    return [(len(one.flag.person_ids), one.flag.evidence["people"]) for one in flags if one is not None]


@pytest.mark.usefixtures("half_done")
def test_an_account_of_three_is_one_of_two_once_one_is_erased(watch: Supervision, privacy: Privacy) -> None:
    watch.share_account(WANG, LI, THIRD)
    watch.set("P01", RuleState.IN_FORCE)
    assert privacy.run(THIRD).left == StorageFault.code
    assert watch.run("P01")["P01"].raised == 1
    assert shared(watch) == [(2, 2)]


@pytest.mark.usefixtures("half_done")
def test_an_account_is_shared_with_nobody_once_the_other_is_erased(watch: Supervision, privacy: Privacy) -> None:
    watch.share_account(WANG, LI)
    watch.set("P01", RuleState.IN_FORCE)
    assert privacy.run(LI).left == StorageFault.code
    assert watch.rehearsing.run("P01", {}, lambda _: None).found == 0
    assert watch.run("P01")["P01"].raised == 0
    assert shared(watch) == []


def test_nothing_is_raised_about_whoever_is_erased_between_the_look_and_the_flag(
    watch: Supervision, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.share_account(WANG, LI, THIRD)
    watch.set("P01", RuleState.IN_FORCE)
    look = RunRules._next

    def then_erase(self: RunRules, *asked: Any) -> list[Any]:
        found = look(self, *asked)
        if found:
            privacy.run(THIRD)
        return found

    monkeypatch.setattr(RunRules, "_next", then_erase)
    assert watch.run("P01")["P01"].raised == 0
    monkeypatch.undo()
    assert watch.run("P01")["P01"].raised == 1
    assert shared(watch) == [(2, 2)]


def test_what_was_paid_to_whoever_is_erased_asks_nobody(watch: Supervision, privacy: Privacy) -> None:
    watch.money.pay("2026-01", "2026-01", "100.00")
    watch.money.pay("2026-02", "2026-02", "200.00")
    privacy.run(WANG)
    assert watch.run("P04")["P04"].raised == 0
    assert watch.agency.flags() == []
