"""Every notice in both languages, over every way: short, kind, without links, and with a telephone to call."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.notices.frame import FREE
from auth_service.notices.length import sms_parts
from auth_service.notices.notice import Language, NoticeFacts, NoticeKind, Outgoing, Reach
from auth_service.notices.plan import NoticePlan
from auth_service.notices.policy import NoticePolicy
from auth_service.notices.render import MOST_PARTS, letter, masked_contact, masked_name, render

SITE = "https://rz.example.gov.cn/verify"
PLAN = NoticePlan(NoticePolicy(hotline="0311-12345678"), "石家庄市某某区社会保险事业中心", "某路1号", SITE)
FACTS = NoticeFacts(
    BenefitKind.PUBLIC_BODY_PENSION, date(2026, 12, 31), date(2026, 11, 12), "2026-12", ("上门办理", "home visit"),
    Decimal("12345.60"),
)  # fmt: skip
ALL = [(kind, reach, language) for kind in NoticeKind for reach in list(Reach)[:4] for language in Language]
LINK = re.compile(r"https?:|www\.|://|\b[a-z0-9-]+\.(?:com|cn|net|org|top|vip)\b", re.IGNORECASE)
ASKS = re.compile(
    "卡号|银行卡|账号|账户|密码|口令|验证码|转账|汇款|付款|缴费|点击|身份证号|链接：|扫码|"
    r"card|password|passcode|\bpin\b|\bcvv\b|account number|transfer|click|wire|bank",
    re.IGNORECASE,
)
MONEY_STAYS = {
    NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.EXTENDED, NoticeKind.RECEIPT, NoticeKind.HOLD_PROPOSED,
    NoticeKind.CHECK_PROPOSED, NoticeKind.SUSPENSION_PROPOSED,
}  # fmt: skip


def said(kind: NoticeKind, reach: Reach, language: Language, facts: NoticeFacts = FACTS) -> str:
    found = render(kind, reach, "欧阳秀英", facts, (PLAN, language))
    return f"{found.title}\n{found.text}"


@pytest.mark.parametrize(("kind", "reach", "language"), ALL)
def test_no_text_has_a_link_but_the_agencys_own_or_asks_for_anything(
    kind: NoticeKind, reach: Reach, language: Language
) -> None:
    text = said(kind, reach, language)
    free = text.replace(FREE[0], "").replace(FREE[1], "")
    assert LINK.search(free.replace(SITE, "")) is None
    assert reach not in {Reach.SMS, Reach.HELPER} or SITE not in free
    assert ASKS.search(free.replace("a terminal at a bank", "").replace("银行、村", "")) is None
    assert "{" not in text
    assert "None" not in text


@pytest.mark.parametrize(("kind", "reach", "language"), ALL)
def test_every_text_says_where_to_call(kind: NoticeKind, reach: Reach, language: Language) -> None:
    assert "0311-12345678" in said(kind, reach, language)


@pytest.mark.parametrize("kind", sorted(MONEY_STAYS))
def test_while_the_money_continues_it_is_said(kind: NoticeKind) -> None:
    assert "钱照发" in said(kind, Reach.SMS, Language.ZH)
    assert re.search("go on being paid|nothing changes", said(kind, Reach.SMS, Language.EN))


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind.value.endswith("_proposed")])
def test_what_is_only_proposed_is_said_to_be_undecided(kind: NoticeKind) -> None:
    assert "还没定" in said(kind, Reach.SMS, Language.ZH)
    assert "othing is decided" in said(kind, Reach.SMS, Language.EN)


def test_nobody_who_may_be_alive_is_told_of_a_death() -> None:
    for kind, reach, language in ALL:
        assert re.search("死亡|去世|离世|死|dead|death|died", said(kind, reach, language)) is None


def test_whoever_is_held_learns_how_to_say_that_they_are_alive() -> None:
    assert "我还健在" in said(NoticeKind.HELD, Reach.SMS, Language.ZH)
    assert "I am alive" in said(NoticeKind.HELD, Reach.SMS, Language.EN)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reach", [Reach.SMS, Reach.HELPER])
@pytest.mark.parametrize("kind", NoticeKind)
def test_an_sms_is_short_though_every_field_is_long(kind: NoticeKind, reach: Reach, language: Language) -> None:
    text = render(kind, reach, "欧阳秀英", FACTS, (PLAN, language)).text
    assert sms_parts(text) <= MOST_PARTS[language], len(text)


def test_an_sms_tells_no_full_name_and_no_sum_and_a_letter_does() -> None:
    sms, paper = (said(NoticeKind.RECOVERY_PROPOSED, reach, Language.ZH) for reach in (Reach.SMS, Reach.LETTER))
    assert "欧**英" in sms
    assert "秀英" not in sms
    assert "12,345.60" not in sms
    assert "欧阳秀英" in paper
    assert "12,345.60" in paper


def test_a_letter_can_be_printed_folded_and_found_again() -> None:
    found = render(NoticeKind.HELD, Reach.LETTER, "王秀英", FACTS, (PLAN, Language.ZH))
    at = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
    page = letter(
        Outgoing("a" * 32, Reach.LETTER, NoticeKind.HELD, "某县某村 7 号", Language.ZH, found.title, found.text, at)
    )
    assert page.startswith("某县某村 7 号\n\n2026年3月11日\n"), "the agency's day"
    assert "1. 打电话" in page
    assert f"编号 {'a' * 32}" in page


def test_without_a_page_or_a_sum_nothing_is_said_of_them() -> None:
    bare = NoticePlan(PLAN.policy, "社保中心")
    text = render(NoticeKind.RECOVERY, Reach.LETTER, "王秀英", NoticeFacts(), (bare, Language.ZH)).text
    assert "数目" not in text
    assert "http" not in text
    assert "您的待遇" in text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0), ("a", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("钱" * 70, 1), ("钱" * 71, 2), ("钱" * 134, 2), ("钱" * 135, 3), ("a" * 70 + "钱", 2), ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)  # fmt: skip
def test_parts_are_counted_as_gateways_do(text: str, parts: int) -> None:
    assert sms_parts(text) == parts


def test_what_a_list_shows_is_not_enough_to_call_somebody() -> None:
    assert [masked_name(name) for name in ("王", "王英", "王秀英", "")] == ["王", "王*", "王*英", ""]
    shown = [masked_contact(one) for one in ("13800001234", "5551234", "wang@example.cn", "某县某村某路7号", "村")]
    assert shown == ["138****1234", "****", "w***@example.cn", "某县某村某路…", "村"]
