"""Files of registries of a served deployment, taken in by its own flow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.crosscheck.profiles import PLAIN, Profile
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.import_registry import RegistryOrder, RegistryReport
from auth_service.wiring import Wiring
from tests.builders import Rows
from tests.channels.service import username_of


def steward(wiring: Wiring) -> StaffMember:
    """The data steward of the deployment, who stands for imports."""
    return next(one for one in wiring.keep_staff.all() if one.username == username_of(Role.DATA_STEWARD))


def take(
    wiring: Wiring, member: StaffMember | None, *values: Mapping[str, str], profile: Profile = PLAIN
) -> RegistryReport:
    """A file of deaths with these rows."""
    digest = hashlib.sha256(repr(values).encode()).hexdigest()
    order = RegistryOrder(RegistryKind.DEATH, "", profile, member)
    return wiring.import_registry.run(Rows(values, "死亡登记.csv", digest), Rows(), order, lambda _: None)


def told_dead(ref: str, number: str = "", **more: str) -> dict[str, str]:
    """One row: somebody died on 11 February."""
    values = {"source_ref": ref, "id_number": number, "name": "赵某某", "event_date": "2026-02-11"}
    return {**values, "recorded_at": "2026-02-12", **more}


def odd_file(wiring: Wiring, member: StaffMember | None = None, ref: str = "F") -> str:
    """A file of which one row lies before birth and one in the future: it waits. Returns the batch."""
    rows = (
        told_dead(f"{ref}-1"),
        told_dead(f"{ref}-2", event_date="2031-01-01"),
        told_dead(f"{ref}-3", birth_date="2026-02-20"),
    )
    return take(wiring, member, *rows).batch_id
