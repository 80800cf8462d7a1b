"""ID numbers as people write them: normalised by rule, or refused with a reason."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.beneficiaries.id_number import IdKind, Sex, check_character, parse_id_number, widen
from auth_service.core.errors import FieldMissing, IdNumberCheckDigit, IdNumberDate, IdNumberInvalid

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("fifteen", "eighteen"),
    [
        ("130203500101001", "130203195001010019"),
        ("130224481231002", "130224194812310020"),
        ("130203980303999", "130203189803039998"),
    ],
)
def test_a_fifteen_digit_number_is_widened_as_the_domain_notes_give_it(fifteen: str, eighteen: str) -> None:
    parsed = parse_id_number(fifteen, TODAY)
    assert parsed.number == eighteen
    assert parsed.from_fifteen


@pytest.mark.parametrize("number", ["13020319500101006X", "130283193506151231", "130223195210010272"])
def test_the_valid_numbers_of_the_domain_notes_are_taken(number: str) -> None:
    assert parse_id_number(number, TODAY).number == number


@pytest.mark.parametrize(
    "written",
    [
        "13020319500101006x",
        " 130203 19500101 006X ",
        "１３０２０３１９５００１０１００６Ｘ",
        "130203-19500101-006x",
        "\ufeff13020319500101006X",
    ],
)
def test_small_x_spaces_dashes_and_full_width_digits_mean_the_same_number(written: str) -> None:
    assert parse_id_number(written, TODAY).number == "13020319500101006X"


def test_a_wrong_check_digit_is_refused_and_not_repaired() -> None:
    with pytest.raises(IdNumberCheckDigit) as refused:
        parse_id_number("130203195001010018", TODAY)
    assert refused.value.field == "id_number"


@pytest.mark.asvs("2.2.3")
@pytest.mark.parametrize("body", ["13020319500230001", "13020319501301001", "13020320270101001", "13020300000101001"])
def test_a_birth_date_that_cannot_be_is_refused_although_the_check_digit_fits(body: str) -> None:
    with pytest.raises(IdNumberDate):
        parse_id_number(body + check_character(body), TODAY)


def test_somebody_born_today_has_a_number_and_somebody_born_tomorrow_has_none() -> None:
    today, tomorrow = "13020320260310001", "13020320260311001"
    assert parse_id_number(today + check_character(today), TODAY).birth_date == TODAY
    with pytest.raises(IdNumberDate):
        parse_id_number(tomorrow + check_character(tomorrow), TODAY)


@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize(
    "text", ["12345", "1302031950010100199", "abc", "13020319500101X06X", "'; DROP TABLE people; --"]
)
def test_what_is_no_number_is_refused_and_not_guessed(text: str) -> None:
    with pytest.raises(IdNumberInvalid):
        parse_id_number(text, TODAY)


@pytest.mark.parametrize("text", ["", "   ", "\u3000"])
def test_an_empty_number_is_a_missing_field(text: str) -> None:
    with pytest.raises(FieldMissing):
        parse_id_number(text, TODAY)


def test_the_seventeenth_digit_gives_the_sex() -> None:
    assert parse_id_number("130203195001010019", TODAY).sex is Sex.MALE
    assert parse_id_number("13020319500101006X", TODAY).sex is Sex.FEMALE


@pytest.mark.parametrize(
    ("area", "kind"),
    [("810000", IdKind.RESIDENCE_PERMIT), ("830000", IdKind.RESIDENCE_PERMIT), ("911100", IdKind.FOREIGN_PERMANENT)],
)
def test_permits_keep_the_check_digit_and_say_what_they_are(area: str, kind: IdKind) -> None:
    body = f"{area}19600101001"
    assert parse_id_number(body + check_character(body), TODAY).kind is kind


def test_a_passport_tells_neither_birth_date_nor_sex() -> None:
    passport = parse_id_number("e12345678", TODAY)
    assert (passport.number, passport.kind, passport.birth_date, passport.sex) == (
        "E12345678",
        IdKind.PASSPORT,
        None,
        None,
    )


def test_a_historic_area_code_stays_valid() -> None:
    assert parse_id_number("130223195210010272", TODAY).number.startswith("130223")


def test_a_masked_number_shows_six_and_four() -> None:
    assert parse_id_number("130203195001010019", TODAY).masked == "130203********0019"


BODIES = st.builds(
    lambda area, birth, sequence: f"{area:06d}{birth:%Y%m%d}{sequence:03d}",
    st.integers(110000, 659999),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)


@given(BODIES)
def test_every_well_formed_body_has_exactly_one_check_character(body: str) -> None:
    accepted = [c for c in "0123456789X" if _taken(body + c)]
    assert accepted == [check_character(body)]


@given(BODIES, st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_noticed(body: str, place: int, shift: int) -> None:
    number = body + check_character(body)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not _taken(wrong)


@given(BODIES)
def test_widening_and_dropping_the_century_are_inverse(body: str) -> None:
    fifteen = body[:6] + body[8:]
    widened = widen(fifteen)
    assert widened[:6] + widened[8:17] == fifteen
    assert check_character(widened[:17]) == widened[17]


def _taken(number: str) -> bool:
    try:
        parse_id_number(number, TODAY)
    except IdNumberInvalid:
        return False
    return True
