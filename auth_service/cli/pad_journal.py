"""What `evaluate pad` has judged so far, one line for each presentation: a run that was stopped goes on with it.

A line counts only for the very same files, weights, layers and thresholds.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auth_service.core.errors import FileUnreadable
from auth_service.liveness.decision import PadVerdict
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.trial_report import Silent
from auth_service.liveness.trials import Kind, Shown, Trial

NAME = "trials.jsonl"


@dataclass(slots=True)
class Journal:
    """path  None: nothing is kept"""

    path: Path | None
    known: dict[tuple[str, str], Trial | Silent] = field(default_factory=dict)

    @classmethod
    def opened(cls, folder: Path | None, terms: Mapping[str, Any]) -> Journal:
        """In a folder, which is made; begun anew where it was measured under other terms. raises FileUnreadable"""
        if folder is None:
            return cls(None)
        path, head = folder / NAME, json.dumps({"terms": terms}, sort_keys=True)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
            if lines[:1] != [head]:
                path.write_text(head + "\n", encoding="utf-8")
                return cls(path)
        except OSError as refused:
            raise FileUnreadable(f"{path}: {type(refused).__name__}") from refused
        known = dict(_read(line) for line in lines[1:-1])
        path.write_text("\n".join([*lines[:-1], ""]), encoding="utf-8")  # a line that was cut off goes
        return cls(path, known)

    def add(self, digest: str, told: Trial | Silent) -> None:
        """raises FileUnreadable"""
        self.known[told.path if isinstance(told, Silent) else told.shown.path, digest] = told
        if self.path is None:
            return
        line = {"digest": digest, "silent" if isinstance(told, Silent) else "trial": _document(told)}
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as refused:
            raise FileUnreadable(f"{self.path}: {type(refused).__name__}") from refused


def _document(told: Trial | Silent) -> dict[str, Any]:
    if isinstance(told, Silent):
        return {"path": told.path, "label": told.label}
    return {
        "shown": dataclasses.asdict(told.shown),
        "colours": told.colours,
        "findings": [[one.layer, one.sign, one.reasons, dict(one.scores)] for one in told.findings],
        "verdict": told.verdict,
        "verdict_without_model": told.verdict_without_model,
        "matched": told.matched,
    }


def _read(line: str) -> tuple[tuple[str, str], Trial | Silent]:
    kept = json.loads(line)
    if "silent" in kept:
        silent = Silent(**kept["silent"])
        return (silent.path, kept["digest"]), silent
    given = kept["trial"]
    shown = Shown(**(given["shown"] | {"kind": Kind(given["shown"]["kind"])}))
    findings = tuple(
        LayerFinding(Layer(layer), Sign(sign), tuple(reasons), scores)
        for layer, sign, reasons, scores in given["findings"]
    )
    verdicts = (PadVerdict(given["verdict"]), PadVerdict(given["verdict_without_model"]))
    return (shown.path, kept["digest"]), Trial(shown, given["colours"], findings, *verdicts, given["matched"])
