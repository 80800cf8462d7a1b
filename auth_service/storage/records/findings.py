"""What each layer of liveness said of an attempt: written once, shown to reviewers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from auth_service.liveness.layers import Layer, LayerFinding, Mode, Sign
from auth_service.liveness.ports import Assessment
from auth_service.storage.sealing import Place
from auth_service.storage.tables import PadFindingRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_FINDINGS = table_of(PadFindingRow)
_NOTHING = b""
_NO_DETAILS: dict[str, Any] = {"reasons": (), "scores": {}}


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """details: False where reasons and scores are gone with an erased person, or were never kept
    mode     how much the layer counted; None where that is not known
    """

    finding: LayerFinding
    versions: Mapping[str, str]
    found_at: datetime
    details: bool
    mode: Mode | None = None


class PadFindings:
    """Findings within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, evidence_id: str, person_id: str | None, found: Assessment, now: datetime) -> None:
        """How much each layer counted stands with the versions, so that a verdict can be judged again.

        The evidence must be stored before. Of somebody who is not in the ledger the signs alone are kept: scores
        tell something of a face, and no erasure would ever find them. raises ValueError (a score that is not finite)
        """
        key, rows = self._work.keys.of(person_id), []
        for one in found.findings:
            details = to_json({"reasons": list(one.reasons), "scores": dict(one.scores)}).encode()
            sealed = key.seal(_place(evidence_id, one.layer), details)  # for nobody too: it takes as long
            rows.append(
                {
                    "evidence_id": evidence_id,
                    "layer": one.layer.value,
                    "person_id": person_id,
                    "sign": one.sign.value,
                    "versions": to_json({**found.versions, **_counted(one.layer, found.modes)}),
                    "details_sealed": _NOTHING if person_id is None else sealed,
                    "found_at": now,
                }
            )
        if rows:
            self._work.connection.execute(insert(_FINDINGS), rows)

    def of(self, evidence_id: str) -> list[StoredFinding]:
        """In the order of the layers. raises KeyMissing, SealBroken"""
        rows = self._work.connection.execute(select(_FINDINGS).where(_FINDINGS.c.evidence_id == evidence_id)).all()
        order = list(Layer)
        return sorted((self._read(row) for row in rows), key=lambda one: order.index(one.finding.layer))

    def _read(self, row: Row[Any]) -> StoredFinding:
        layer, told = Layer(row.layer), _NO_DETAILS
        if row.details_sealed:
            key = self._work.keys.of(row.person_id)
            told = json.loads(key.open(_place(row.evidence_id, layer), row.details_sealed))
        finding = LayerFinding(layer, Sign(row.sign), tuple(told["reasons"]), told["scores"])
        versions = json.loads(row.versions)
        mode = Mode(versions.pop("mode")) if "mode" in versions else None  # an earlier release kept none
        return StoredFinding(finding, versions, row.found_at, bool(row.details_sealed), mode)


def _counted(layer: Layer, modes: Mapping[Layer, Mode]) -> dict[str, str]:
    return {"mode": modes[layer].value} if layer in modes else {}


def _place(evidence_id: str, layer: Layer) -> Place:
    return Place("pad_findings", f"{evidence_id}.{layer.value}", "details")
