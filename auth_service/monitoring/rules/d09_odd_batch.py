"""D09: a whole file of a registry is odd and waits for a second person. It is about the file and nobody in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.crosscheck.batches import BatchFinding, Oddity
from auth_service.crosscheck.sources import RegistryKind
from auth_service.monitoring.flags import Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class BatchOddFacts:
    """One file, read to its end, and why it is odd."""

    batch_id: str
    kind: RegistryKind
    source: str
    rows: int
    hits: int
    findings: Sequence[BatchFinding]


@dataclass(frozen=True, slots=True)
class OddBatch:
    """Stale, a spike, one date for many, dates that cannot be, shifted columns. That nobody stood for the import is
    no sign of a wrong file, and fires nothing by itself.

    source  domain.md section 6, D09; crosscheck/batches.py has the limits
    """

    rule_id: ClassVar[str] = "D09"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    words: ClassVar[RuleWords] = RuleWords(
        "登记文件整批异常", "A registry's file is odd as a whole",
        "一个登记文件整批异常，例如日期集中、行数骤增或列错位。整批已隔离，不对任何人产生影响。",
        "A registry's file is odd as a whole: many events on one day, many more rows than before, shifted columns. It"
        " is in quarantine and speaks of nobody.",
        "请向来源核实文件。确认无误的，由导入人以外的人放行；有误的，作废后请来源重发。",
        "Ask the source about its file. Where it is right, somebody other than the importer releases it; where it is"
        " wrong, discard it and have it sent again.",
    )  # fmt: skip

    def judge(self, facts: BatchOddFacts, now: datetime) -> Flag | None:
        """One flag for each file."""
        odd = [one.oddity.value for one in facts.findings if one.oddity is not Oddity.NOBODY]
        if not odd:
            return None
        evidence = {
            "registry_batch": facts.batch_id, "kind": facts.kind.value, "source": facts.source, "rows": facts.rows,
            "hits": facts.hits, "odd": ", ".join(odd),
        }  # fmt: skip
        return Flag(self.rule_id, self.version, self.severity, (), evidence, f"D09:{facts.batch_id}", now)
