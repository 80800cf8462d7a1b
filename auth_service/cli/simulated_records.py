"""What other offices, banks and clinics write about a made-up agency, month by month, and what is true of it.

Registries are late and make slips; relatives use cards; the agency goes on paying until somebody stops it. The truth
is kept apart and never reaches the service.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.random import Generator

from auth_service.beneficiaries.id_number import check_character
from auth_service.cli.simulated_people import Agency, Fate, Life, homophone
from auth_service.crosscheck.sources import RegistryKind

Row = dict[str, str]
_JUMP = Decimal("1.35")
_SLIPS = ("clean", "homophone", "digit", "no_number", "relative", "date")
_SLIP_SHARES = (0.87, 0.04, 0.03, 0.02, 0.02, 0.02)
"""What goes wrong in a registry's row. source: own decision after the error model of docs/linkage.md"""
_DATE_OFF = timedelta(days=12)
FILES_ON = 20
"""Day of the month on which files come."""
_VOIDED_AFTER = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Office:
    """One office that tells of deaths: how many it hears of, after how many days, under which rule they are flagged."""

    kind: RegistryKind
    source: str
    heard: float
    days: float
    rule: str


OFFICES = (
    Office(RegistryKind.DEATH, "民政", 0.92, 20.0, "D01"),
    Office(RegistryKind.CREMATION, "殡仪馆", 0.70, 4.0, "D02"),
    Office(RegistryKind.HOUSEHOLD, "公安", 0.60, 40.0, "D03"),
    Office(RegistryKind.DEATH, "卫健", 0.40, 6.0, "D04"),
)
"""source: own decisions; domain.md section 4 says that files come monthly"""


@dataclass(slots=True)
class Truth:
    """Rule -> keys of the people of whom it is true; and pairs of people where it is about two."""

    of_rule: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    dead: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Told:
    """One row of a registry, and the day on which its office hands it over."""

    on: date
    kind: RegistryKind
    row: Row


class Records:
    """Everything that is written in one year, drawn once; handed out by month."""

    def __init__(self, agency: Agency, seed: int, months: int = 12) -> None:
        """months: that are played; what is true later is owed by no rule"""
        self._last_day = agency.first_day.replace(month=months, day=FILES_ON)
        self._rng = np.random.default_rng(seed + 1)
        self._agency = agency
        self._count = 0
        self.truth = Truth()
        self.paid_after_death: set[str] = set()
        self._registry: list[_Told] = []
        self._events: list[tuple[date, Row]] = []
        self._households: dict[int, list[Life]] = defaultdict(list)
        for life in agency.lives:
            self._households[life.household].append(life)
        self._registries()
        self._lives()

    # --- what the agency itself has ----------------------------------------------------------------------

    def ledger(self) -> list[Row]:
        """One row for each person. Two stand twice by mistake of the agency, some with a slip."""
        return [self._ledger_row(life) for life in self._agency.lives]

    def payments(self, month: date, held: set[str], ended: set[str]) -> list[Row]:
        """What the paying agency did for one month: the held are worked out and withheld, the ended get nothing.

        One in a hundred of the held is paid all the same: a control failed, and rule P05 has to say so.
        """
        paid_on, told = month.replace(day=15), []
        for life in self._agency.lives:
            if life.key in ended:
                continue
            slipped = life.key in held and self._rng.random() < 0.01
            status = "withheld" if life.key in held and not slipped else "settled"
            if slipped:
                self.truth.of_rule["P05"].add(life.key)
            died = self.truth.dead.get(life.key)
            if status == "settled" and died is not None and (month.year, month.month) > (died.year, died.month):
                self.paid_after_death.add(life.key)
            jumps = life.fate is Fate.AMOUNT_JUMPS and life.on is not None and month >= life.on.replace(day=1)
            amount = (life.amount * _JUMP).quantize(Decimal("0.01")) if jumps else life.amount
            if jumps and month > self._agency.first_day:
                self.truth.of_rule["P04"].add(life.key)
            told.append({
                "person_key": life.key, "benefit_kind": life.kind.value, "entitlement_month": f"{month:%Y-%m}",
                "pay_date": str(paid_on), "amount": str(amount), "status": status,
            })  # fmt: skip
        return told

    def tag_list(self) -> list[Row]:
        """Who is on the civil affairs' list of subsistence; the tag that an agency invented is on none."""
        return [{"id_number": life.id_number} for life in self._agency.lives if life.tagged]

    # --- what others tell --------------------------------------------------------------------------------

    def registry(self, after: date, until: date) -> dict[tuple[RegistryKind, str], list[Row]]:
        """Files of one month: (kind, source) -> rows."""
        files: dict[tuple[RegistryKind, str], list[Row]] = defaultdict(list)
        for told in self._registry:
            if after < told.on <= until:
                files[told.kind, told.row["source"]].append(told.row)
        return dict(files)

    def events(self, after: date, until: date) -> list[Row]:
        """What clinics, gates and banks tell of one month."""
        return [row for on, row in self._events if after < on <= until]

    def came(self, life: Life, on: date) -> None:
        """Somebody was seen by staff, which is told with the next month's events."""
        self._event(life, "home_visit", on)

    def _registries(self) -> None:
        for life in self._agency.lives:
            if life.on is None:
                continue
            if life.fate is Fate.DIES:
                self._dies(life, life.on)
            elif life.fate is Fate.WRONGLY_DEAD:
                self._wrongly_dead(life, life.on)
            else:
                self._other_registry(life, life.on)
        for life in self._agency.lives:
            self._ledger_truth(life)

    def _dies(self, life: Life, on: date) -> None:
        self.truth.dead[life.key] = on
        days: list[date] = []
        for office in OFFICES:
            if self._rng.random() >= office.heard:
                continue
            handed = on + timedelta(days=1 + int(self._rng.gamma(2.0, office.days / 2)))
            slip = str(self._rng.choice(_SLIPS, p=_SLIP_SHARES))
            said = on - _DATE_OFF if slip == "date" else on
            row = self._row(life, office.source, said, handed)
            self._spoil(row, life, slip)
            self._registry.append(_Told(handed, office.kind, row))
            if handed <= self._last_day:
                self.truth.of_rule[office.rule].add(life.key)
                days.append(said)
        if days and (max(days) - min(days)).days > 3:
            self.truth.of_rule["D08"].add(life.key)

    def _spoil(self, row: Row, life: Life, slip: str) -> None:
        """Spoils a row in one way. Its rule owes it all the same."""
        if slip == "homophone":
            row["name"] = homophone(life.name) or life.name
        elif slip == "digit":
            place = int(self._rng.integers(6, 17))
            row["id_number"] = _one_digit(life.id_number, place, self._rng)
        elif slip == "no_number":
            row["id_number"] = ""
        elif slip == "relative":
            living = [one for one in self._households[life.household] if one is not life and one.fate is Fate.NONE]
            if living:
                row["id_number"] = living[0].id_number

    def _wrongly_dead(self, life: Life, on: date) -> None:
        row = self._row(life, "民政", on, on + timedelta(days=9))
        self._registry.append(_Told(on + timedelta(days=9), RegistryKind.DEATH, row))
        voided = on + timedelta(days=9) + _VOIDED_AFTER
        self._registry.append(_Told(voided, RegistryKind.DEATH, {**row, "message": "void", "recorded_at": str(voided)}))
        if voided <= self._last_day:
            self.truth.of_rule["D13"].add(life.key)

    def _other_registry(self, life: Life, on: date) -> None:
        about = {
            Fate.IMPRISONED: (RegistryKind.PRISON, "司法", "服刑", "S01"),
            Fate.DETAINED: (RegistryKind.PRISON, "公安", "羁押", "S02"),
            Fate.LEFT: (RegistryKind.TRAVEL, "移民", "出境定居", "S04"),
            Fate.DRAWS_ELSEWHERE: (RegistryKind.OTHER_REGION, "人社", "领取城镇职工养老待遇", "I06"),
        }.get(life.fate)
        if about is None:
            return
        kind, source, detail, rule = about
        handed = on + timedelta(days=12)
        row = {**self._row(life, source, on, handed), "detail": detail}
        self._registry.append(_Told(handed, kind, row))
        if handed <= self._last_day:
            self.truth.of_rule[rule].add(life.key)

    # --- what is true of the ledger ----------------------------------------------------------------------

    def _ledger_truth(self, life: Life) -> None:
        rules = {
            Fate.SHARES_ACCOUNT: ("P01",), Fate.TWICE: ("I04", "I05"), Fate.ANOTHERS_ACCOUNT: ("P02",),
            Fate.WRONG_BIRTH: ("I02",), Fate.TAG_WITHOUT_SOURCE: ("S08",),
        }.get(life.fate, ())  # fmt: skip
        for rule in rules:
            self.truth.of_rule[rule].add(life.key)
        if self._agency.first_day.year - life.born.year >= 100:
            self.truth.of_rule["D12"].add(life.key)

    def _ledger_row(self, life: Life) -> Row:
        holder = life.name
        if life.fate is Fate.ANOTHERS_ACCOUNT:
            holder = "张" + life.name[1:] if life.name[0] != "张" else "王" + life.name[1:]
        born = life.born + timedelta(days=400) if life.fate is Fate.WRONG_BIRTH else life.born
        tagged = life.tagged or life.fate is Fate.TAG_WITHOUT_SOURCE
        return {
            "person_key": life.key, "id_number": life.id_number, "name": life.name, "sex": "女" if life.woman else "男",
            "birth_date": str(born), "region_code": life.region, "village": f"第{life.region[-3:]}村",
            "phone": f"0315-000{life.place % 10_000:04d}", "benefit_kind": life.kind.value,
            "award_month": f"{life.born.year + 60}-{life.born.month:02d}", "monthly_amount": str(life.amount),
            "bank_account": life.account, "account_holder": holder, "tags": "低保" if tagged else "",
        }  # fmt: skip

    def _lives(self) -> None:
        """What shows most people alive: one strong sign in the year before, one in this year."""
        for life in self._agency.lives:
            if life.last_seen is not None:
                self._event(life, "inpatient" if life.place % 3 else "vaccination", life.last_seen)
            seen = self._agency.first_day + timedelta(days=int(self._rng.integers(0, 360)))
            died = self.truth.dead.get(life.key)
            if self._rng.random() < 0.8 and (died is None or seen < died):
                self._event(life, str(self._rng.choice(("inpatient", "vaccination", "travel_gate"))), seen)

    def _event(self, life: Life, kind: str, on: date) -> None:
        self._count += 1
        row = {"source_ref": f"E{self._count}", "id_number": life.id_number, "kind": kind, "event_date": str(on)}
        self._events.append((on, {**row, "region_code": life.region[:6], "source": "medical_insurance"}))

    def _row(self, life: Life, source: str, on: date, handed: date) -> Row:
        self._count += 1
        return {
            "source_ref": f"R{self._count}", "message": "new", "id_number": life.id_number, "name": life.name,
            "sex": "女" if life.woman else "男", "birth_date": str(life.born), "region_code": life.region,
            "village": "", "event_date": str(on), "recorded_at": str(handed), "source": source, "detail": "",
        }  # fmt: skip


def _one_digit(number: str, place: int, rng: Generator) -> str:
    """Another digit at one place, so that the check digit fails."""
    digit = str((int(number[place]) + 1 + int(rng.integers(8))) % 10)
    spoilt = number[:place] + digit + number[place + 1 :]
    return spoilt if check_character(spoilt[:17]) != spoilt[17] else number
