"""Where benefits are paid, for rules: read by the ledger's role alone; no account and no name leaves this file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import combinations

from sqlalchemy import func, select

from auth_service.beneficiaries.arrangements import MAY_CONTEST
from auth_service.beneficiaries.id_number import normalise
from auth_service.beneficiaries.names import folded_name
from auth_service.core.clock import legal_date
from auth_service.core.errors import KeyMissing
from auth_service.monitoring.rules.p01_shared_account import SharedAccountFacts
from auth_service.monitoring.rules.p02_other_holder import HolderFacts, is_name_of
from auth_service.storage.candidates.opened import KEYS, NAMED, PEOPLE
from auth_service.storage.candidates.turns import in_turn, next_keys
from auth_service.storage.records.arrangements import Proxies, Proxy
from auth_service.storage.records.people import People
from auth_service.storage.records.person_fields import open_field
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import BankReferenceRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_BANK = table_of(BankReferenceRow)
_ACCOUNT, _HOLDER = _BANK.c.account_index, _BANK.c.account_holder_sealed


def shared_accounts(work: Work, after: str, most: int, now: datetime) -> list[SharedAccountFacts]:
    """Accounts of more people than one, by their keyed index, with who is tied to whom on file."""
    today = legal_date(now)

    def keys(behind: str, count: int) -> list[str]:
        wanted = select(_ACCOUNT).where(_ACCOUNT.is_not(None), _BANK.c.account_index > bytes.fromhex(behind))
        shared = wanted.group_by(_ACCOUNT).having(func.count() > 1).order_by(_ACCOUNT).limit(count)
        return [account.hex() for account in work.connection.execute(shared).scalars()]

    def facts_of(accounts: Sequence[str]) -> list[SharedAccountFacts]:
        found = []
        for account in accounts:
            wanted = (
                select(_BANK.c.person_id)
                .where(_BANK.c.account_index == bytes.fromhex(account))
                .order_by(_BANK.c.person_id)
            )
            people = tuple(work.connection.execute(wanted).scalars())
            found.append(SharedAccountFacts(account, people, _ties(work, people, today)))
        return found

    return in_turn(after, most, keys, facts_of)


def account_holders(work: Work, after: str, most: int, now: datetime) -> list[HolderFacts]:
    """Accounts whose holder is named and is not the beneficiary by name."""
    today = legal_date(now)

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, select(_BANK.c.person_id).where(_HOLDER.is_not(None)), _BANK.c.person_id, behind, count)

    def facts_of(people: Sequence[str]) -> list[HolderFacts]:
        found = []
        for person_id, name, holder in _named(work, people):
            if not is_name_of(holder, name):
                index = work.indexes.of("name", folded_name(holder)).hex()
                acting = any(is_name_of(holder, proxy.name) for proxy in _acting(work, person_id, today))
                found.append(HolderFacts(person_id, index, is_own=False, is_proxy=acting))
        return found

    return in_turn(after, most, keys, facts_of)


def _named(work: Work, people: Sequence[str]) -> list[tuple[str, str, str]]:
    """Person, their name and their account's holder."""
    columns = (PEOPLE.c.id, PEOPLE.c.name_sealed, _HOLDER, KEYS.c.wrapping_key, KEYS.c.wrapped)
    joined = select(*columns).join(_BANK, _BANK.c.person_id == PEOPLE.c.id).join(KEYS, KEYS.c.person_id == PEOPLE.c.id)
    here = joined.where(those(work.connection, PEOPLE.c.id, people), NAMED, KEYS.c.wrapped.is_not(None))
    found = []
    for row in work.connection.execute(here.order_by(PEOPLE.c.id)).all():
        key = work.keys.unwrapped(row.id, row.wrapping_key, row.wrapped)
        name = open_field(key, row.id, "name", row.name_sealed)
        holder = open_field(key, row.id, "account_holder", row.account_holder_sealed)
        if name is not None and holder is not None:
            found.append((row.id, name, holder))
    return found


def _ties(work: Work, people: Sequence[str], today: date) -> tuple[tuple[str, str], ...]:
    """Pairs of whom one acts for the other, or for both of whom somebody acts."""
    numbers: dict[str, str] = {}
    acting: dict[str, frozenset[str]] = {}
    for person_id in people:
        try:
            person = People(work).get(person_id)
            proxies = _acting(work, person_id, today)
        except KeyMissing:  # erased between two reads
            continue
        numbers[person_id] = "" if person is None else person.id_number.number
        acting[person_id] = frozenset(normalise(one.id_number) for one in proxies if one.id_number)
    return tuple(
        (one, other)
        for one, other in combinations(numbers, 2)
        if numbers[other] in acting[one] or numbers[one] in acting[other] or acting[one] & acting[other]
    )


def _acting(work: Work, person_id: str, today: date) -> list[Proxy]:
    """Guardians and agents of today; a carer decides nothing."""
    return [one for one in Proxies(work).of_person(person_id, today) if one.kind in MAY_CONTEST]
