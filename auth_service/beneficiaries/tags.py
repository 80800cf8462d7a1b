"""Marks of a person (人员标识) that a list outside gave: poverty, disability, living elsewhere, bedridden.

A mark has a source and a period, and its history stays: who was on a list last year is a question that auditors ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Tag(StrEnum):
    """source: the brief of 2018 and domain.md section 11"""

    REGISTERED_POOR = "registered_poor"
    """建档立卡未脱贫"""
    LIFTED_FROM_POVERTY = "lifted_from_poverty"
    """已脱贫, 脱贫人口"""
    MONITORED = "monitored"
    """监测对象, since 2021"""
    SUBSISTENCE = "subsistence"
    """低保"""
    EXTREME_HARDSHIP = "extreme_hardship"
    """特困"""
    SEVERE_DISABILITY = "severe_disability"
    """重度残疾"""
    BEDRIDDEN = "bedridden"
    """卧床"""
    LIVES_ELSEWHERE = "lives_elsewhere"
    """异地居住"""
    GUARDED = "guarded"
    """有监护人"""
    NEEDS_VISIT = "needs_visit"
    """需上门服务: cannot see or hear, or asked for a visit"""
    TWIN = "twin"
    """双胞胎: never passes on a face"""


_ZH: dict[Tag, tuple[str, ...]] = {
    Tag.REGISTERED_POOR: ("建档立卡", "建档立卡未脱贫", "建档立卡贫困户"),
    Tag.LIFTED_FROM_POVERTY: ("已脱贫", "脱贫人口"),
    Tag.MONITORED: ("监测对象", "脱贫不稳定户", "边缘易致贫户", "突发严重困难户"),
    Tag.SUBSISTENCE: ("低保", "低保对象"),
    Tag.EXTREME_HARDSHIP: ("特困", "特困供养", "特困人员"),
    Tag.SEVERE_DISABILITY: ("重度残疾", "重残"),
    Tag.BEDRIDDEN: ("卧床", "卧床不起"),
    Tag.LIVES_ELSEWHERE: ("异地居住", "居住外地"),
    Tag.GUARDED: ("有监护人", "监护"),
    Tag.NEEDS_VISIT: ("需上门服务", "需上门"),
    Tag.TWIN: ("双胞胎", "孪生"),
}
TAG_WORDS: dict[str, Tag] = {
    **{tag.value: tag for tag in Tag},
    **{word: tag for tag, words in _ZH.items() for word in words},
}
"""Words of a list -> tag."""

_EN = {
    Tag.REGISTERED_POOR: "registered poor household",
    Tag.LIFTED_FROM_POVERTY: "lifted from poverty",
    Tag.MONITORED: "watched against falling back into poverty",
    Tag.SUBSISTENCE: "subsistence allowance",
    Tag.EXTREME_HARDSHIP: "extreme hardship",
    Tag.SEVERE_DISABILITY: "severe disability",
    Tag.BEDRIDDEN: "bedridden",
    Tag.LIVES_ELSEWHERE: "lives elsewhere",
    Tag.GUARDED: "has a guardian",
    Tag.NEEDS_VISIT: "needs a visit at home",
    Tag.TWIN: "twin",
}
TAG_TEXTS: dict[Tag, tuple[str, str]] = {tag: (_ZH[tag][0], _EN[tag]) for tag in Tag}
"""Tag -> (zh, en)."""

VULNERABLE = frozenset({Tag.SUBSISTENCE, Tag.EXTREME_HARDSHIP, Tag.SEVERE_DISABILITY, Tag.BEDRIDDEN, Tag.NEEDS_VISIT})
"""Not held for being late before somebody went to see them. source: domain.md section 6, guard; bedridden and
in need of a visit: own decision, because who cannot get up, see or hear is late for that reason"""


@dataclass(frozen=True, slots=True)
class TagChange:
    """One line of the history: a source gave a tag, or took it back.

    on        the day from which it holds
    until     the last day, where the source said one; None: until it is taken back
    """

    tag: Tag
    source: str
    given: bool
    on: date
    until: date | None
    known_at: datetime


def tags_on(changes: Iterable[TagChange], today: date) -> frozenset[Tag]:
    """The tags that hold on a day, whichever source says so; the newest word of each source counts."""
    newest: dict[tuple[Tag, str], TagChange] = {}
    for change in sorted(changes, key=lambda one: (one.on, one.known_at)):
        if change.on <= today:
            newest[change.tag, change.source] = change
    return frozenset(
        change.tag for change in newest.values() if change.given and (change.until is None or change.until >= today)
    )


def parse_tags(words: Iterable[str]) -> tuple[frozenset[Tag], tuple[str, ...]]:
    """Tags of a list's words, and the words that mean none of them."""
    known = {word: TAG_WORDS.get(word.strip().lower()) for word in words}
    found = frozenset(tag for tag in known.values() if tag is not None)
    return found, tuple(word for word, tag in known.items() if tag is None)
