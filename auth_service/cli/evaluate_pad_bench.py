"""The engine and the layers as the service builds them, for presentations in files."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from auth_service.capture.challenge import Challenge
from auth_service.capture.recorded import in_steps, unprompted
from auth_service.capture.steps import CapturedStep
from auth_service.cli.pad_folder import Form, Presented, Unusable, content
from auth_service.core.errors import InputRefused
from auth_service.engines.catalogue import build_capture_parts, build_reader
from auth_service.engines.presentations import NOTHING_ASKED, PresentationReader, film_frames, film_length_ms
from auth_service.faces.template import Template, mean_template
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.trials import Judge, Kind, Shown, Trial
from auth_service.matching.calibration import MOST_IMAGES, Calibration
from auth_service.matching.comparison import Zone, compare
from auth_service.wiring import Wiring


@dataclass(slots=True)
class PadBench:
    """terms        all that a verdict depends on besides the files
    calibration  decides what a match is; None: the matcher is not asked
    references   subject -> template of the enrolled photos
    """

    reader: PresentationReader
    judge: Judge
    terms: dict[str, Any]
    calibration: Calibration | None
    references: dict[str, Template] = field(default_factory=dict)

    def enrol(self, photos: Iterable[Presented]) -> list[Unusable]:
        """The first photos of each subject, as many as a calibration knows; returns those that cannot be used."""
        unusable: list[Unusable] = []
        usable: dict[str, list[Template]] = {}
        total = hashlib.sha256()
        for photo in photos:
            try:
                data = content(photo.files[0])  # a film is refused as no photo
                usable.setdefault(photo.subject, []).append(self.reader.reference(data))
            except InputRefused as refused:
                unusable.append(Unusable(photo.path, refused))
            else:
                total.update(photo.subject.encode() + hashlib.sha256(data).digest())
        if usable and self.calibration is not None:
            self.references = {who: mean_template(those[:MOST_IMAGES]) for who, those in usable.items()}
            self.terms |= {"references": total.hexdigest(), "calibration": self.calibration.label}
        return unusable

    def judged(self, shown: Presented) -> Trial:
        """raises NoFaceFound, InputRefused (a file or a challenge that cannot be used), EngineFault"""
        if shown.form is Form.PICTURE:
            kind, challenge = Kind.PICTURE, NOTHING_ASKED
            measures = self.reader.picture(content(shown.files[0]))
        else:
            kind, challenge, steps = _film(shown)
            measures = self.reader.session(steps, challenge)
        known = Shown(shown.path, kind, shown.label, shown.subject)
        return self.judge(known, measures, challenge, self._matched(shown.subject, measures))

    def _matched(self, subject: str, measures: SessionMeasures) -> bool | None:
        reference = self.references.get(subject)
        if reference is None or self.calibration is None:
            return None
        if measures.probe is None:
            return False
        return compare(measures.probe, reference, self.calibration).zone is Zone.MATCH


@contextmanager
def opened_bench(wiring: Wiring) -> Iterator[PadBench]:
    """With the reader, the policies and the record that this deployment would use. raises as build_reader"""
    parts = build_capture_parts(wiring.spec)
    reader = PresentationReader(build_reader(wiring.spec), parts)
    in_use = wiring.liveness_terms
    policy, versions = wiring.settings.liveness, dict(in_use.versions)
    terms = {"engine": in_use.engine, "versions": versions, "policy": in_use.policy, "thresholds": plain(policy)}
    try:
        yield PadBench(reader, Judge(policy, versions), terms, wiring.shipped_calibration)
    finally:
        reader.close()


def plain(value: Any) -> Any:
    """A frozen policy as JSON."""
    if dataclasses.is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def _film(shown: Presented) -> tuple[Kind, Challenge, tuple[CapturedStep, ...]]:
    recorded = shown.recorded()
    kind = Kind.FILM if recorded is None else Kind.SESSION
    frames = shown.frames() if shown.form is Form.FRAMES else None
    if recorded is None:
        length = film_length_ms(shown.files[0]) if frames is None else frames[-1].at_ms - frames[0].at_ms
        chance = random.Random(shown.digest().encode())  # noqa: S311 - the same film meets the same challenge again
        recorded = unprompted(length + 1, chance.randrange)
    if frames is None:
        frames = film_frames(shown.files[0], recorded.windows)
    elif kind is Kind.FILM:
        frames = [dataclasses.replace(one, at_ms=one.at_ms - frames[0].at_ms) for one in frames]
    return kind, recorded.challenge, in_steps(frames, recorded)
