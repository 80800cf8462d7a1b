"""Sessions written down as an operator's pilot keeps them: frames named by their instant, and what was asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from auth_service.capture.challenge import Challenge
from auth_service.capture.steps import CapturedStep

PAD_WEIGHTS = (
    "face_detection_yunet_2023mar.onnx", "minifasnet_v2_2.7_80x80.onnx", "minifasnet_v1se_4.0_80x80.onnx",
)  # fmt: skip


def write_session(folder: Path, steps: Sequence[CapturedStep], challenge: Challenge) -> None:
    """Every frame, and a challenge.json whose parts hold just the frames of each step."""
    folder.mkdir(parents=True)
    told = []
    for planned, step in zip(challenge.steps, steps, strict=True):
        asked = {} if planned.ask is None else {"motion": planned.ask.motion, "hold_ms": planned.ask.hold_ms}
        window = {"from_ms": step.frames[0].at_ms, "to_ms": step.frames[-1].at_ms + 1}
        told.append({"kind": planned.kind} | asked | window)
        for frame in step.frames:
            (folder / f"{frame.at_ms}.jpg").write_bytes(frame.data)
    document = {"route": challenge.route, "flash": list(challenge.flash), "steps": told}
    (folder / "challenge.json").write_text(json.dumps(document), encoding="utf-8")
