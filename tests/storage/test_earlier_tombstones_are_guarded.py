"""The upgrade gives tombstones of an earlier release their guard, where the audit trail tells of them, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.audit import AuditEvent
from tests.databases import BOTH
from tests.storage.earlier import Old, at_step
from tests.storage.samples import NOW, direct_sql
from tests.storage.test_a_calibration_needs_two_people import staff

BEFORE = "2026_11_28_2_forgetting"
AT = NOW.strftime("%Y-%m-%d %H:%M:%S.%f+00:00")


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    with at_step(BEFORE, request.param, tmp_path) as old:
        yield old


def row(old: Old, person_id: str, officer: str, reason: str = "deceased") -> None:
    at = AT if old.url.startswith("postgresql") else AT.removesuffix("+00:00")
    direct_sql(
        old.url,
        "INSERT INTO erasures (person_id, requested_by, reason, confirmed_by, decided_at, erased_at) "
        f"VALUES ('{person_id}', 'person', '{reason}', '{officer}', '{at}', '{at}')",
    )


def told(person_id: str, officer: str, action: str = "person.erased") -> AuditEvent:
    details = {"confirmed_by": officer, "reason": "deceased", "decided_at": NOW.isoformat()}
    return AuditEvent("cli", action, f"person:{person_id}", details)


def test_only_what_the_audit_trail_tells_of_is_guarded(old: Old) -> None:
    store = old.store()
    officer, monitor = staff(store, "piao", Role.PRIVACY_OFFICER), staff(store, "ming", Role.MONITOR)
    for person_id, by in (("a", officer), ("b", officer), ("c", monitor), ("d", officer), ("e", "gone")):
        row(old, person_id * 32, by, "asked_for" if person_id == "d" else "deceased")
    for person_id, by in (("a", officer), ("c", monitor), ("d", officer)):
        old.tell(told(person_id * 32, by), NOW)
    old.tell(told("e" * 32, "", "person.erased_again"), NOW)
    store.migrate()
    with store.reading() as unit:
        guarded = [one.person_id[0] for one in unit.erasures.all() if unit.erasures.genuine(one)]
        counts = [one.event.details for one in unit.audit.rows() if one.event.action == "erasures.guarded"]
    assert guarded == ["a", "e"], "told; by whom who may; on that ground; by an officer whom an older backup forgot"
    assert counts == [{"guarded": 2, "refused": 3}]
    row(old, "f" * 32, officer)
    with store.unit() as unit:
        unit.audit.append(told("f" * 32, officer), NOW)
    assert store.migrate() == []
    with store.reading() as unit:
        assert not any(unit.erasures.genuine(one) for one in unit.erasures.all() if one.person_id[0] == "f")
    for change in ("guard = (SELECT guard FROM staff LIMIT 1)", "reason = 'asked_for'", "erased_at = decided_at"):
        with pytest.raises(Exception, match="append-only"):
            direct_sql(old.url, f"UPDATE erasures SET {change} WHERE person_id = '{'a' * 32}'")
    store.close()
