"""From a kind and facts to the very words that one person gets over one way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from auth_service.core.clock import legal_date
from auth_service.notices.frame import ANY_BENEFIT, BENEFITS, FREE, FREE_LETTER, HELPER, WAYS
from auth_service.notices.notice import Language, NoticeFacts, NoticeKind, Outgoing, Reach
from auth_service.notices.plan import NoticePlan
from auth_service.notices.texts import TEXTS

MOST_PARTS = {Language.ZH: 2, Language.EN: 5}
"""Parts of the longest SMS: a Chinese one fits the screen of a cheap telephone; an English one counts as Chinese
characters too, for the agency's name is in it. source: own decision; tests count every text"""


@dataclass(frozen=True, slots=True)
class Rendered:
    """title: head of a letter or subject of a mail; text: all that is said, without it"""

    title: str
    text: str


def render(
    kind: NoticeKind, reach: Reach, person: str, facts: NoticeFacts, by: tuple[NoticePlan, Language]
) -> Rendered:
    """person: the full name, which only a letter spells out: a telephone is shared, and an SMS is read by others."""
    plan, language = by
    words, at = TEXTS[kind], 0 if language is Language.ZH else 1
    fields = _fields(facts, plan, at)
    said = words.say[at].format(**fields)
    if reach in {Reach.SMS, Reach.HELPER}:
        return Rendered(words.title[at], _sms(said, reach, person, (plan, at)))
    more = words.more[at].format(**fields) if facts.amount is not None or "{amount}" not in words.more[at] else ""
    ways = [f"{place}. {way.format(**fields)}" for place, way in enumerate(WAYS[words.ways][at], start=1)]
    head = ("要办，有这几种办法，哪种方便用哪种：", "You can do this in any of these ways:")[at] if ways else ""
    hello = (f"{person}，您好：", f"Dear {person},")[at]
    parts = [hello, said, more, "\n".join([head, *ways]) if ways else "", FREE_LETTER[at], _signed(plan, at)]
    return Rendered(words.title[at], "\n\n".join(part for part in parts if part))


def letter(message: Outgoing) -> str:
    """A page to be printed and folded: address, date, head, text, and the number by which staff find it."""
    zh = message.language is Language.ZH
    day = _day(legal_date(message.written_at), 0 if zh else 1)
    number = f"{'编号' if zh else 'No.'} {message.id}"
    return f"{message.address}\n\n{day}\n\n{message.title}\n\n{message.text}\n\n{number}\n"


def masked_name(name: str) -> str:
    """First and, of three or more, last character: enough for two who share a telephone, not for a stranger."""
    kept = name.strip()
    if len(kept) < 2:
        return kept
    return kept[0] + "*" * (len(kept) - 1) if len(kept) == 2 else kept[0] + "*" * (len(kept) - 2) + kept[-1]


def masked_contact(address: str) -> str:
    """What a list shows of a telephone or an address."""
    if "@" in address:
        name, _, place = address.partition("@")
        return f"{name[:1]}***@{place}"
    digits = address.replace(" ", "").replace("-", "")
    if digits.lstrip("+").isdigit():
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else "****"
    return f"{address[:6]}…" if len(address) > 6 else address


def _sms(said: str, reach: Reach, person: str, by: tuple[NoticePlan, int]) -> str:
    plan, at = by
    name = masked_name(person)
    to = HELPER[at].format(name=name) if reach is Reach.HELPER else (f"{name}您好：", f"{name}: ")[at]
    sign = (f"【{plan.agency}】", f"{plan.agency}: ")[at] if plan.agency else ""
    return f"{sign}{to}{said}{FREE[at] if at == 0 else ' ' + FREE[at]}"


def _fields(facts: NoticeFacts, plan: NoticePlan, at: int) -> dict[str, str]:
    benefit = ANY_BENEFIT if facts.benefit is None else BENEFITS[facts.benefit]
    site = (f"：打开 {plan.site}", f": open {plan.site}")[at] if plan.site else ""
    return {
        "benefit": benefit[at],
        "day": _day(facts.day, at),
        "passed": _day(facts.passed_on, at),
        "month": _month(facts.month, at),
        "how": facts.how[at],
        "call": plan.policy.hotline,
        "site": site,
        "amount": "" if facts.amount is None else f"{facts.amount:,.2f}",
    }


def _day(day: date | None, at: int) -> str:
    if day is None:
        return ""
    return (f"{day.year}年{day.month}月{day.day}日", day.isoformat())[at]


def _month(month: str | None, at: int) -> str:
    if month is None:
        return ""
    year, _, number = month.partition("-")
    return (f"{year}年{int(number)}月", month)[at]


def _signed(plan: NoticePlan, at: int) -> str:
    call = (f"电话 {plan.policy.hotline}", f"Telephone {plan.policy.hotline}")[at]
    return "\n".join(part for part in (plan.agency, plan.contact, call) if part)
