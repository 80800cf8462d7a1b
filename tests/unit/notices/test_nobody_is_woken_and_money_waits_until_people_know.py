"""Quiet hours, pauses between tries, ways that are chosen, and the rule of two ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.beneficiaries.person import Beneficiary
from auth_service.notices.hours import LONGEST_PAUSE, is_quiet, not_before, open_ways, pause_after
from auth_service.notices.notice import NoticeKind, Reach, Wishes
from auth_service.notices.plan import NoticePlan, addresses
from auth_service.notices.policy import NoticePolicy
from auth_service.notices.telling import Told, told_enough
from tests.builders import WANG

POLICY = NoticePolicy()
NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
ALL_WAYS = frozenset({Reach.SMS, Reach.HELPER, Reach.EMAIL, Reach.LETTER})


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        ("2026-03-10T07:59:59.999999", True), ("2026-03-10T08:00:00", False), ("2026-03-10T19:59:59.999999", False),
        ("2026-03-10T20:00:00", True), ("2026-03-10T23:59:59", True), ("2026-03-11T00:00:00", True),
    ],
)  # fmt: skip
def test_the_evenings_hour_is_quiet_and_the_mornings_is_not(at: str, quiet: bool) -> None:
    assert is_quiet(shanghai(at), POLICY) is quiet


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-03-10T00:00:00", "2026-03-10T08:00:00"), ("2026-03-10T07:59:59", "2026-03-10T08:00:00"),
        ("2026-03-10T12:00:00", "2026-03-10T12:00:00"), ("2026-12-31T20:00:00", "2027-01-01T08:00:00"),
    ],
)  # fmt: skip
def test_what_is_written_at_night_rings_in_the_morning(at: str, then: str) -> None:
    assert not_before(Reach.SMS, shanghai(at), POLICY) == shanghai(then)
    assert not_before(Reach.LETTER, shanghai(at), POLICY) == shanghai(at), "a letter wakes nobody"


def test_at_night_only_letters_go() -> None:
    assert open_ways(shanghai("2026-03-10T22:00:00"), POLICY) == {Reach.LETTER}
    assert open_ways(shanghai("2026-03-10T10:00:00"), POLICY) == ALL_WAYS


def test_a_day_without_quiet_hours_can_be_set_and_one_without_any_other_cannot() -> None:
    always = NoticePolicy(quiet_from=24, quiet_until=0)
    assert not any(is_quiet(NOW + timedelta(minutes=7 * n), always) for n in range(210))
    with pytest.raises(ValueError, match="four hours"):
        NoticePolicy(quiet_from=12, quiet_until=12)
    for wrong in ({"quiet_from": 11}, {"tries": 0}, {"smtp_tls": "ssl"}, {"smtp_port": 0}, {"hotline": "1" * 21}):
        with pytest.raises(ValueError, match=r"hour|least|tls|port|most"):
            NoticePolicy(**wrong)  # type: ignore[arg-type]


def test_pauses_grow_and_end_and_a_gateway_may_ask_for_more_but_not_for_ever() -> None:
    pauses = [pause_after(tries, POLICY) for tries in range(1, 13)]
    assert pauses[-1] is None
    told = [pause for pause in pauses if pause is not None]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (timedelta(minutes=1), LONGEST_PAUSE)
    assert timedelta(hours=40) < sum(told, timedelta()) < timedelta(hours=48), "a night and a working day and more"
    assert pause_after(1, POLICY, 600) == timedelta(minutes=10)
    assert pause_after(1, POLICY, 1e12) == LONGEST_PAUSE
    assert pause_after(1, POLICY, -5) == timedelta(minutes=1)


def told(*reaches: Reach, ago: timedelta = timedelta(days=10)) -> list[Told]:
    return [Told(reach, NOW - ago) for reach in reaches]


@pytest.mark.parametrize(
    ("reaches", "enough"),
    [
        ((), False), ((Reach.SMS,), False), ((Reach.SMS, Reach.SMS), False), ((Reach.SMS, Reach.HELPER), True),
        ((Reach.SMS, Reach.LETTER), True), ((Reach.LETTER, Reach.POST), False), ((Reach.IN_PERSON,), True),
        ((Reach.ONLY_ONE,), False), ((Reach.SMS, Reach.ONLY_ONE), True), ((Reach.VISIT, Reach.POST), True),
        ((Reach.NONE, Reach.ONLY_ONE), False), ((Reach.NONE, Reach.SMS), False),
    ],
)  # fmt: skip
def test_two_ways_or_face_to_face_or_one_and_a_record_that_there_is_no_other(
    reaches: tuple[Reach, ...], enough: bool
) -> None:
    assert told_enough(told(*reaches), POLICY, NOW) is enough


def test_whoever_was_told_has_a_day_to_answer_and_the_days_of_the_post() -> None:
    pair = (Reach.SMS, Reach.EMAIL)
    assert not told_enough(told(*pair, ago=timedelta(hours=23, minutes=59)), POLICY, NOW)
    assert told_enough(told(*pair, ago=timedelta(hours=24)), POLICY, NOW)
    by_post = (Reach.SMS, Reach.LETTER)
    assert not told_enough(told(*by_post, ago=timedelta(days=3)), POLICY, NOW)
    assert told_enough(told(*by_post, ago=timedelta(days=4)), POLICY, NOW)


def person(**more: str) -> Beneficiary:
    return Beneficiary("p", "TS-1", parse_id_number(WANG, NOW.date()), "王秀英", **more)  # type: ignore[arg-type]


def test_what_happens_every_year_goes_one_way_and_money_goes_every_way() -> None:
    plan = NoticePlan(reaches=ALL_WAYS)
    known = person(phone="13800000001", contact_phone="13900000002", address="某村 7 号")
    wishes = Wishes(email="w@example.cn")
    assert addresses(NoticeKind.REMINDER, known, wishes, plan) == {Reach.SMS: "13800000001"}
    assert set(addresses(NoticeKind.REMINDER, known, wishes, plan, helper=True)) == {Reach.SMS, Reach.HELPER}
    assert set(addresses(NoticeKind.HOLD_PROPOSED, known, wishes, plan)) == ALL_WAYS


def test_without_a_telephone_a_letter_or_the_contact_hears_of_it() -> None:
    plan = NoticePlan(reaches=ALL_WAYS)
    assert addresses(NoticeKind.REMINDER, person(village="河口村"), Wishes(), plan) == {Reach.LETTER: "河口村"}
    only = person(contact_phone="13900000002")
    assert addresses(NoticeKind.REMINDER, only, Wishes(), plan) == {Reach.HELPER: "13900000002"}
    assert addresses(NoticeKind.RECEIPT, only, Wishes(), plan) == {}, "what somebody did is not the contact's business"


def test_one_telephone_that_stands_there_twice_is_one_way() -> None:
    plan = NoticePlan(reaches=ALL_WAYS)
    same = person(phone="138 0000 0001", contact_phone="13800000001")
    assert set(addresses(NoticeKind.HELD, same, Wishes(), plan)) == {Reach.SMS}
