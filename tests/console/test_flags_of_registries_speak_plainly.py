"""What a registry said of somebody is shown in words, in both languages, with nothing left as a code."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.console.words import fact_rows, why
from auth_service.crosscheck.agreement import Agreement, BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.batches import BatchFinding, Oddity
from auth_service.crosscheck.meanings import Meaning
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.sources import SOURCE_OF_KIND, SOURCES, RegistryKind
from auth_service.crosscheck.standing import LinkAct
from auth_service.monitoring.rules.d09_odd_batch import BatchOddFacts, OddBatch
from auth_service.monitoring.rules.d13_taken_back import RecordTakenBack, TakenBackFacts
from auth_service.monitoring.rules.deaths_told import DeathRecord
from auth_service.monitoring.rules.registry_facts import LinkFacts
from auth_service.web.i18n import Language
from auth_service.web.texts import TEXTS

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
ALIKE = Agreement(IdLevel.EXACT, NameLevel.SOUNDS_ALIKE, BirthLevel.MISSING, RegionLevel.TOWN, SexLevel.SAME)
LINK = LinkFacts(
    "a" * 32, "p", RegistryKind.DEATH, "civil_affairs", Meaning.DIED, "L10", Strength.WEAK, ALIKE, PartialDate(2026, 2)
)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("死亡登记", "民政", "同音", "未写")), ("en", ("Deaths", "civil affairs", "alike"))]
)
def test_a_finding_is_shown_field_by_field(language: Language, words: tuple[str, ...]) -> None:
    flag = DeathRecord().judge(LINK, NOW)
    assert flag is not None
    rows = fact_rows(flag, language)
    assert len(rows) == len(flag.evidence)
    assert not [row.word for row in rows if "_" in row.word or row.word in flag.evidence]
    shown = " ".join(row.value for row in rows)
    assert [word for word in words if word not in shown] == []
    assert ("亲属" if language == "zh" else "relative") in why(flag, language)


def test_what_was_taken_back_and_a_file_are_shown_too() -> None:
    back = RecordTakenBack().judge(TakenBackFacts(LINK, LinkAct.VOIDED, False, frozenset()), NOW)
    assert back is not None
    assert "来源已撤销" in [row.value for row in fact_rows(back, "zh")]
    odd = OddBatch().judge(BatchOddFacts("b", RegistryKind.DEATH, "x", 3, 1, (BatchFinding(Oddity.FUTURE, 1, 0),)), NOW)
    assert odd is not None
    assert [row.value for row in fact_rows(odd, "zh")][1:] == ["死亡登记", "x", "3", "1", "有晚于今天的日期"]


def test_every_source_has_words() -> None:
    assert [name for name in {*SOURCES, *SOURCE_OF_KIND.values()} if f"fact.link.source.{name}" not in TEXTS] == []
