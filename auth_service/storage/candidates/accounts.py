"""Where benefits are paid, for rules: read by the ledger's role alone; no account and no name leaves this file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import combinations

from sqlalchemy import func, select

from auth_service.beneficiaries.arrangements import MAY_CONTEST, Topic
from auth_service.beneficiaries.id_number import normalise
from auth_service.beneficiaries.names import folded_name
from auth_service.core.clock import legal_date
from auth_service.core.errors import KeyMissing
from auth_service.monitoring.rules.p01_shared_account import SharedAccountFacts
from auth_service.monitoring.rules.p02_other_holder import HolderFacts, is_name_of
from auth_service.storage.candidates.opened import KEYS, NAMED, PEOPLE, opened
from auth_service.storage.candidates.turns import in_turn, next_keys, people_in_turn
from auth_service.storage.records.arrangements import Proxies, Proxy
from auth_service.storage.records.person_fields import open_field
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import ArrangementRow, BankReferenceRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_BANK, _WORDS = table_of(BankReferenceRow), table_of(ArrangementRow)
_ACCOUNT, _HOLDER = _BANK.c.account_index, _BANK.c.account_holder_sealed


def shared_accounts(work: Work, after: str, most: int, now: datetime) -> list[SharedAccountFacts]:
    """Accounts of more people than one, by their keyed index, with who is tied to whom on file."""
    today = legal_date(now)

    def keys(behind: str, count: int) -> list[str]:
        wanted = select(_ACCOUNT).where(_ACCOUNT.is_not(None), _BANK.c.account_index > bytes.fromhex(behind))
        shared = wanted.group_by(_ACCOUNT).having(func.count() > 1).order_by(_ACCOUNT).limit(count)
        return [account.hex() for account in work.connection.execute(shared).scalars()]

    def facts_of(accounts: Sequence[str]) -> list[SharedAccountFacts]:
        theirs = _people_of(work, accounts)
        everybody = sorted({person for people in theirs.values() for person in people})
        numbers = {one.id: one.number.number for one in opened(work, those(work.connection, PEOPLE.c.id, everybody))}
        acting = {
            person: frozenset(normalise(one.id_number) for one in proxies if one.id_number)
            for person, proxies in _acting(work, everybody, today).items()
        }
        return [
            SharedAccountFacts(one, people, _ties(people, numbers, acting))
            for one, people in theirs.items()
            if len(people) > 1
        ]

    return in_turn(after, most, keys, facts_of)


def _people_of(work: Work, accounts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Account -> who is paid there and is not erased, in the order of accounts and ids."""
    found: dict[str, tuple[str, ...]] = {}
    joined = select(_BANK.c.person_id).join(KEYS, KEYS.c.person_id == _BANK.c.person_id)
    for account in accounts:
        theirs = joined.where(_BANK.c.account_index == bytes.fromhex(account), KEYS.c.wrapped.is_not(None))
        found[account] = tuple(work.connection.execute(theirs.order_by(_BANK.c.person_id)).scalars())
    return found


def account_holders(work: Work, after: str, most: int, now: datetime) -> list[HolderFacts]:
    """Accounts whose holder is named and is not the beneficiary by name."""
    today = legal_date(now)

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, select(_BANK.c.person_id).where(_HOLDER.is_not(None)), _BANK.c.person_id, behind, count)

    def facts_of(people: Sequence[str]) -> list[HolderFacts]:
        others = [one for one in _named(work, people) if not is_name_of(one[2], one[1])]
        acting = _acting(work, [person_id for person_id, _, _ in others], today)
        found = []
        for person_id, _, holder in others:
            index = work.indexes.of("name", folded_name(holder)).hex()
            is_proxy = any(is_name_of(holder, proxy.name) for proxy in acting.get(person_id, ()))
            found.append(HolderFacts(person_id, index, is_own=False, is_proxy=is_proxy))
        return found

    return people_in_turn(work, after, most, keys, facts_of)


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


def _ties(
    people: Sequence[str], numbers: Mapping[str, str], acting: Mapping[str, frozenset[str]]
) -> tuple[tuple[str, str], ...]:
    """Pairs of whom one acts for the other, or for both of whom somebody acts. acting: person -> numbers of proxies"""
    here = [person for person in people if person in numbers]
    nobody = frozenset[str]()
    return tuple(
        (one, other)
        for one, other in combinations(here, 2)
        if numbers[other] in acting.get(one, nobody)
        or numbers[one] in acting.get(other, nobody)
        or acting.get(one, nobody) & acting.get(other, nobody)
    )


def _acting(work: Work, people: Sequence[str], today: date) -> dict[str, list[Proxy]]:
    """Guardians and agents of today, of those who have any; a carer decides nothing."""
    told = select(_WORDS.c.person_id).distinct().where(_WORDS.c.topic == Topic.PROXY.value)
    found: dict[str, list[Proxy]] = {}
    for person in work.connection.execute(told.where(those(work.connection, _WORDS.c.person_id, people))).scalars():
        try:
            found[person] = [one for one in Proxies(work).of_person(person, today) if one.kind in MAY_CONTEST]
        except KeyMissing:  # erased between two reads
            continue
    return found
