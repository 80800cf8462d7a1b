"""Places to back up from and to restore into, and an agency with something in every corner."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.clock import legal_date
from auth_service.core.erasure import ErasureReason, Requester
from auth_service.flows.back_up import Backup
from auth_service.flows.erase import EraseRequest
from auth_service.flows.orphans import OrphanFiles
from auth_service.flows.restore import Restored
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.builders import LI, WANG, Agency
from tests.conftest import POSTGRES, FixedClock
from tests.databases import Urls, make_roles, urls_of
from tests.fakes import picture


class Place:
    """One home with its database, and an agency in it once there is one."""

    def __init__(self, home: Path, urls: Urls | None, clock: FixedClock) -> None:
        self.home = home
        self.clock = clock
        home.mkdir(mode=0o700, parents=True)
        self.urls = urls or Urls(*[f"sqlite:///{home / 'auth_service.sqlite3'}"] * 3)

    def wiring(self, **given: Any) -> Wiring:
        return Wiring(load_settings(home=self.home, **(self.urls.settings() | given)), self.clock)

    def agency(self) -> Agency:
        wiring = self.wiring()
        wiring.migrate()
        wiring.close_stores()
        return Agency(self.home, self.clock, self.urls)

    def back_up(self, folder: Path, **given: Any) -> Backup:
        wiring = self.wiring(**given)
        try:
            return wiring.back_up.run(folder)
        finally:
            wiring.close_stores()

    def restore(self, data: Path, keys: Path, signed_by: str | None = None, recovery: Path | None = None) -> Restored:
        wiring = self.wiring()
        try:
            return wiring.restore(recovery).run(data, keys, signed_by)
        finally:
            wiring.close_stores()


@contextlib.contextmanager
def empty_database() -> Iterator[Urls]:
    """Not even migrated: roles, and nothing in it."""
    name, plain = f"auth_service_test_{secrets.token_hex(8)}", POSTGRES.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            admin = POSTGRES.rpartition("/")[0] + f"/{name}"
            with psycopg.connect(admin.replace("+psycopg", ""), autocommit=True) as connection:
                make_roles(connection)
            yield urls_of(admin)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


WITH_ACCOUNT = {
    "id_number": WANG, "name": "王秀英", "benefit_kind": "resident_pension", "bank_account": "6222020403001234567",
    "account_holder": "王秀英",
}  # fmt: skip


def fill(agency: Agency) -> dict[str, str]:
    """Something in every corner: people, photos, passes, a refused copy with its picture, flags, staff."""
    people = {WANG: agency.person(WANG), LI: agency.person(LI, "李建国")}
    with agency.ledger_store.unit() as unit:
        unit.people.apply(check_ledger_row(WITH_ACCOUNT, legal_date(agency.clock.now())), agency.clock.now(), "batch 2")
    agency.enroll(WANG, picture("wang"), picture("wang", take=1))
    agency.enroll(LI, picture("li"))
    agency.verify(WANG, picture("wang", take=2))
    agency.verify(LI, picture("li"))  # the enrolled picture itself: a copy, kept for a look
    agency.verify(LI, picture("stranger", take=7))
    agency.member()
    return people


def erase(place: Place, agency: Agency, *person_ids: str) -> None:
    """A court orders it: flags hold nobody back, two officers sign."""
    first, second = (agency.member(Role.PRIVACY_OFFICER, name) for name in ("privacy", "another"))
    wiring = place.wiring()
    for person_id in person_ids:
        order = EraseRequest(Requester.PERSON, ErasureReason.COURT_ORDER, first, "cli", None, person_id, second)
        assert wiring.erase.run(order).left is None
    wiring.close_stores()


def facts(agency: Agency, people: dict[str, str]) -> dict[str, Any]:
    with agency.ledger_store.reading() as unit:
        account = unit.bank.of(people[WANG]).account
    with agency.store.reading() as unit:
        named = {number: unit.people.get(person) for number, person in people.items()}
        photos = {person: len(unit.references.photos(person, agency.desk._identity)) for person in people.values()}
        return {
            "people": {number: one.name if one else None for number, one in named.items()},
            "photos": photos,
            "account": account,
            "orphans": OrphanFiles(agency.store, agency.clock).look(None).total,
            "head": unit.audit.head(),
            "flags": agency.flags(),
        }
