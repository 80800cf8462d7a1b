"""Rows of the ledger file (台账): column names, checks, and what a good row means. Columns: contract.md section 8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from auth_service.beneficiaries.dates import PartialDate, parse_month, parse_partial_date
from auth_service.beneficiaries.id_number import IdNumber, Sex, parse_id_number
from auth_service.beneficiaries.names import check_name
from auth_service.beneficiaries.person import BENEFIT_WORDS, Benefit
from auth_service.beneficiaries.region import check_region_code
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.errors import AmountInvalid, FieldInvalid, FieldMissing, FieldTooLong

LEDGER_COLUMNS: dict[str, tuple[str, ...]] = {
    "person_key": ("人员编号",),
    "id_number": ("证件号码", "身份证号", "身份证号码", "公民身份号码", "社会保障号码"),
    "name": ("姓名",),
    "sex": ("性别",),
    "birth_date": ("出生日期",),
    "region_code": ("行政区划", "行政区划代码"),
    "village": ("村(社区)", "村（社区）"),
    "address": ("住址", "户籍地址", "联系地址"),
    "phone": ("联系电话", "手机号", "手机号码"),
    "benefit_kind": ("险种", "待遇类别", "险种类型"),
    "award_month": ("待遇开始月份",),
    "monthly_amount": ("月待遇",),
    "bank_account": ("银行账号",),
    "account_holder": ("开户名",),
    "tags": ("人员标识",),
    "contact_name": ("联系人",),
    "contact_phone": ("联系人电话",),
}
"""English column -> Chinese headers that mean the same."""
LEDGER_REQUIRED = ("id_number", "name", "benefit_kind")

_SEX_WORDS = {
    **dict.fromkeys(("男", "男性", "1", "m", "male"), Sex.MALE),
    **dict.fromkeys(("女", "女性", "2", "f", "female"), Sex.FEMALE),
}
_MAX_TEXT = 200
_MAX_AMOUNT = Decimal(1_000_000)
"""A monthly benefit above a million CNY is a shifted column."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One checked row: one person and one benefit. None where the file was silent, so that nothing is overwritten."""

    person_key: str | None
    id_number: IdNumber
    name: str
    benefit: Benefit
    sex: Sex | None
    birth_date: PartialDate | None
    region_code: str | None
    village: str | None
    address: str | None
    phone: str | None
    bank_account: str | None
    account_holder: str | None
    contact_name: str | None
    contact_phone: str | None
    tags: tuple[str, ...] | None

    def completed(self) -> LedgerRow:
        """The row for a person who is new to the ledger: sex and birth date from the ID number where it is silent."""
        birth = self.id_number.birth_date
        from_number = PartialDate(birth.year, birth.month, birth.day) if birth else None
        return replace(self, sex=self.sex or self.id_number.sex, birth_date=self.birth_date or from_number)


def check_ledger_row(values: Mapping[str, str], today: date) -> LedgerRow:
    """One row as read, checked field by field.

    values   English column name -> text as in the file
    raises   RowRefused (subclasses), each with the field at fault
    """
    refuse_lost_digits(values)
    id_number = parse_id_number(values.get("id_number", ""), today)
    return LedgerRow(
        person_key=check_text(values, "person_key", 64),
        id_number=id_number,
        name=check_name(values.get("name", "")),
        benefit=_benefit(values),
        sex=given_sex(values),
        birth_date=given_date(values, "birth_date"),
        region_code=check_region_code(values["region_code"]) if values.get("region_code", "").strip() else None,
        village=check_text(values, "village"),
        address=check_text(values, "address"),
        phone=check_phone(values, "phone"),
        bank_account=_account(values),
        account_holder=check_name(values["account_holder"], "account_holder")
        if _given(values, "account_holder")
        else None,
        contact_name=check_name(values["contact_name"], "contact_name") if _given(values, "contact_name") else None,
        contact_phone=check_phone(values, "contact_phone"),
        tags=_tags(values),
    )


def _given(values: Mapping[str, str], column: str) -> bool:
    return bool(values.get(column, "").strip())


def check_text(values: Mapping[str, str], column: str, limit: int = _MAX_TEXT) -> str | None:
    """Text of a cell; None for an empty one. raises FieldTooLong, FieldInvalid (control characters)"""
    text = values.get(column, "").strip()
    if len(text) > limit:
        raise FieldTooLong(field=column)
    if any(ord(character) < 32 for character in text):
        raise FieldInvalid(field=column)
    return text or None


def _benefit(values: Mapping[str, str]) -> Benefit:
    word = values.get("benefit_kind", "").strip()
    if not word:
        raise FieldMissing(field="benefit_kind")
    kind = BENEFIT_WORDS.get(word)
    if kind is None:
        raise FieldInvalid(field="benefit_kind")
    award = parse_month(values["award_month"], "award_month") if _given(values, "award_month") else None
    return Benefit(kind, award, _amount(values))


def _amount(values: Mapping[str, str]) -> Decimal | None:
    text = values.get("monthly_amount", "").strip().replace(",", "")
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise AmountInvalid(field="monthly_amount") from error
    if not amount.is_finite() or not 0 <= amount <= _MAX_AMOUNT or amount != round(amount, 2):
        raise AmountInvalid(field="monthly_amount")
    return amount.quantize(Decimal("0.01"))


def given_sex(values: Mapping[str, str]) -> Sex | None:
    """None where the file is silent. raises FieldInvalid"""
    word = values.get("sex", "").strip().lower()
    if not word:
        return None
    if word not in _SEX_WORDS:
        raise FieldInvalid(field="sex")
    return _SEX_WORDS[word]


def given_date(values: Mapping[str, str], column: str) -> PartialDate | None:
    """None where the file is silent. raises DateInvalid"""
    return parse_partial_date(values[column], column) if _given(values, column) else None


def check_phone(values: Mapping[str, str], column: str) -> str | None:
    text = check_text(values, column, 32)
    if text is None:
        return None
    if sum(character.isdigit() for character in text) < 5 or not all(c.isdigit() or c in "+-() " for c in text):
        raise FieldInvalid(field=column)
    return text


def _account(values: Mapping[str, str]) -> str | None:
    text = check_text(values, "bank_account", 40)
    if text is None:
        return None
    account = text.replace(" ", "")
    if not (account.isascii() and account.isalnum()):
        raise FieldInvalid(field="bank_account")
    return account


def _tags(values: Mapping[str, str]) -> tuple[str, ...] | None:
    if "tags" not in values:
        return None
    text = values["tags"].replace("；", ";")
    return tuple(sorted({_checked_tag(part.strip()) for part in text.split(";") if part.strip()}))


def _checked_tag(tag: str) -> str:
    if len(tag) > 40 or any(ord(character) < 32 for character in tag):
        raise FieldInvalid(field="tags")
    return tag
