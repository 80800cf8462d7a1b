"""Which of several things a row tells of, and how a finding stands after what became of it."""

from __future__ import annotations

import pytest

from auth_service.crosscheck.meanings import Meaning, meaning_of
from auth_service.crosscheck.sources import RegistryAct, RegistryKind, RegistryRecord, source_named
from auth_service.crosscheck.standing import LinkAct, LinkState, state_of

K = RegistryKind


def told(kind: RegistryKind, source: str = "", detail: str = "") -> Meaning:
    return meaning_of(RegistryRecord(kind, source, "1", RegistryAct.NEW, detail=detail))


@pytest.mark.parametrize(
    ("kind", "source", "detail", "meaning"),
    [
        (K.DEATH, "civil_affairs", "", Meaning.DIED),
        (K.DEATH, "health", "脑梗死", Meaning.DIED_IN_HOSPITAL),
        (K.DEATH, "village", "", Meaning.DIED_VILLAGE_SAYS),
        (K.DEATH, "court", "宣告失踪", Meaning.MISSING),
        (K.CREMATION, "funeral_home", "", Meaning.CREMATED),
        (K.HOUSEHOLD, "police", "", Meaning.HOUSEHOLD_ENDED),
        (K.HOUSEHOLD, "police", "死亡注销", Meaning.HOUSEHOLD_ENDED),
        (K.HOUSEHOLD, "police", "出国定居注销", Meaning.SETTLED_ABROAD),
        (K.HOUSEHOLD, "police", "户口迁出", Meaning.NOTHING),
        (K.PRISON, "prison", "", Meaning.SERVING),
        (K.PRISON, "police", "", Meaning.DETAINED),
        (K.PRISON, "court", "判处缓刑二年", Meaning.SERVED_OUTSIDE),
        (K.PRISON, "prison", "刑满释放", Meaning.NOTHING),
        (K.PRISON, "court", "在逃通缉", Meaning.DETAINED),
        (K.TRAVEL, "immigration", "出境", Meaning.EXIT),
        (K.TRAVEL, "immigration", "入境", Meaning.ENTRY),
        (K.TRAVEL, "immigration", "丧失国籍", Meaning.SETTLED_ABROAD),
        (K.TRAVEL, "immigration", "", Meaning.NOTHING),
        (K.MARRIAGE, "civil_affairs", "结婚登记", Meaning.MARRIED),
        (K.MARRIAGE, "civil_affairs", "离婚登记", Meaning.NOTHING),
        (K.ADOPTION, "civil_affairs", "", Meaning.ADOPTED),
        (K.ADOPTION, "civil_affairs", "解除收养", Meaning.NOTHING),
        (K.EMPLOYMENT, "human_resources", "", Meaning.EMPLOYED),
        (K.EMPLOYMENT, "human_resources", "离职减员", Meaning.NOTHING),
        (K.OTHER_REGION, "human_resources", "", Meaning.OTHER_ROLL),
        (K.POVERTY, "poverty_office", "死亡", Meaning.NOTHING),
        (K.MEDICAL, "medical_insurance", "住院", Meaning.NOTHING),
    ],
)
def test_what_is_told(kind: RegistryKind, source: str, detail: str, meaning: Meaning) -> None:
    assert told(kind, source, detail) is meaning


def test_a_village_is_a_source_by_its_chinese_name() -> None:
    assert source_named("村委会") == "village"


@pytest.mark.parametrize(
    ("acts", "state"),
    [
        ((), LinkState.STANDS),
        ((LinkAct.VOIDED,), LinkState.WITHDRAWN),
        ((LinkAct.CORRECTED, LinkAct.RENEWED), LinkState.STANDS),
        ((LinkAct.RENEWED, LinkAct.DISCARDED), LinkState.WITHDRAWN),
        ((LinkAct.DISPROVED,), LinkState.DISPROVED),
        ((LinkAct.DISPROVED, LinkAct.RENEWED), LinkState.DISPROVED),
    ],
)
def test_how_a_finding_stands(acts: tuple[LinkAct, ...], state: LinkState) -> None:
    assert state_of(acts) is state
