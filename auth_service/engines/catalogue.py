"""Face engines by name: the manifest's encoders, each with the detector that it names."""

from __future__ import annotations

import ctypes
import platform
import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import onnxruntime

from auth_service.core.errors import EngineUnknown
from auth_service.core.fenced import FencePolicy
from auth_service.engines.capture_reader import CaptureParts, EngineCaptureReader
from auth_service.engines.decoder import Decoder
from auth_service.engines.decoding import IntakePolicy
from auth_service.engines.detectors import DlibPoints, HogDetector, YunetDetector, frame_scales
from auth_service.engines.dlib_weights import recogniser_onnx
from auth_service.engines.encoders import ArcfaceEncoder, DlibEncoder, Recipe, open_session
from auth_service.engines.minifasnet import PadModel, PadNet, open_net
from auth_service.engines.reader import EngineFaceReader
from auth_service.engines.weights import WeightsEntry, find_entry, is_there, load, read_manifest
from auth_service.faces.ports import FaceDetector, FaceEncoder
from auth_service.faces.quality import QualityPolicy
from auth_service.faces.template import EngineIdentity

_MMAP_THRESHOLD, _LARGE_BLOCK = -3, 4 * 1024 * 1024
"""glibc's M_MMAP_THRESHOLD; blocks of a usual photo (640x480, 0.9 MB) stay in the heap, where they are fast."""
_ARENA_MAX, _ARENAS = -8, 2
"""glibc's M_ARENA_MAX: heaps that threads share. Its own choice is eight a core, each of which keeps the holes of its
busiest moment: with 16 the memory of a serving process rose by 0.5 to 1.4 MB a minute through its first half hour."""


@dataclass(frozen=True, slots=True)
class ReaderSpec:
    """All that a reader is built from; crosses processes.

    models_dir  where installed weights lie
    cache_dir   where the converted recogniser is kept; made when absent
    intake      what photo is taken in
    fences      what decoding one may use
    """

    engine: str
    models_dir: Path
    cache_dir: Path
    intake: IntakePolicy = field(default_factory=IntakePolicy)
    quality: QualityPolicy = field(default_factory=QualityPolicy)
    mirrored: bool = True
    fences: FencePolicy = field(default_factory=FencePolicy)

    def build(self) -> EngineFaceReader:
        return build_reader(self)


DEFAULT_ENGINE = "dlib-resnet"
"""Works offline from the wheels alone."""


def engine_names(models_dir: Path | None = None) -> tuple[str, ...]:
    """Engines that the manifest describes, whether or not their weights are installed.

    models_dir  whose manifest to read; None: the one shipped. raises EngineFault
    """
    return tuple(entry.name for entry in read_manifest(models_dir).values() if entry.role == "encoder")


def engine_metric(engine: str, models_dir: Path | None = None) -> str:
    """How templates of this engine compare. raises EngineUnknown"""
    return _encoder_entry(engine, models_dir).metric


def engine_identity(engine: str, models_dir: Path | None = None) -> EngineIdentity:
    """What templates of this engine carry, without loading any weights. raises EngineUnknown"""
    entry = _encoder_entry(engine, models_dir)
    return EngineIdentity(entry.name, entry.sha256)


def engine_calibration(engine: str, models_dir: Path | None = None) -> str:
    """Name of the calibration record that may decide with this engine. raises EngineUnknown"""
    return _encoder_entry(engine, models_dir).calibration


def build_reader(spec: ReaderSpec) -> EngineFaceReader:
    """A warmed reader, its weights verified. Used by one thread at a time; about 0.3 s once the cache is written.

    raises     EngineUnknown, WeightsMissing (an engine's detector is never replaced by another), WeightsDigestWrong,
               EngineFault: the decoder's process does not start
    """
    entry = _encoder_entry(spec.engine, spec.models_dir)
    _calm_libraries()
    decoder = Decoder(spec.intake, spec.fences)  # starts while the weights load
    detector = _detector(find_entry(spec.models_dir, entry.detector), spec.models_dir)
    encoder = _encoder(entry, spec.models_dir, spec.cache_dir)
    reader = EngineFaceReader(detector, encoder, decoder, spec.quality, mirrored=spec.mirrored)
    reader.warm(entry.size)
    return reader


PAD_NETS = ("minifasnet-v2", "minifasnet-v1se")
"""Used together or not at all."""


def build_capture_parts(spec: ReaderSpec) -> CaptureParts:
    """What a reader of the same spec needs besides for measuring sessions, by what is installed: YuNet's points or
    dlib's, the MiniFASNet pair or no model.

    raises  EngineUnknown, WeightsDigestWrong: what is there is not what it should be
    """
    needed = _encoder_entry(spec.engine, spec.models_dir).alignment
    yunet = find_entry(spec.models_dir, "yunet")
    installed = is_there(yunet, spec.models_dir)
    finder = YunetDetector(load(yunet, spec.models_dir), frame_scales) if installed else HogDetector(frame_scales)
    own = None if needed == finder.layout else DlibPoints()
    return CaptureParts(finder, finder.layout, own, _pad_model(spec.models_dir))


def capture_versions(spec: ReaderSpec) -> dict[str, str]:
    """Name -> weights of every model that has a part in measuring a session, by what is installed; loads nothing.

    raises  EngineUnknown
    """
    encoder, yunet = _encoder_entry(spec.engine, spec.models_dir), find_entry(spec.models_dir, "yunet")
    finder = yunet if is_there(yunet, spec.models_dir) else find_entry(spec.models_dir, "dlib-hog")
    nets = [find_entry(spec.models_dir, name) for name in PAD_NETS]
    used = [encoder, finder, *(nets if all(is_there(one, spec.models_dir) for one in nets) else ())]
    return {entry.name: entry.sha256[:16] for entry in used}


def capture_layout(spec: ReaderSpec) -> str:
    """Of the points by which sessions are measured, by what is installed; loads nothing."""
    installed = is_there(find_entry(spec.models_dir, "yunet"), spec.models_dir)
    return YunetDetector.layout if installed else HogDetector.layout


def build_capture_reader(spec: ReaderSpec) -> EngineCaptureReader:
    """For one thread. raises as `build_reader` and `build_capture_parts`"""
    return EngineCaptureReader(build_reader(spec), build_capture_parts(spec))


def _pad_model(models_dir: Path) -> PadModel | None:
    entries = [find_entry(models_dir, name) for name in PAD_NETS]
    if not all(is_there(entry, models_dir) for entry in entries):
        return None
    return PadModel([PadNet(open_net(load(one, models_dir)), one.margin, one.size) for one in entries])


def _encoder_entry(engine: str, models_dir: Path | None) -> WeightsEntry:
    entry = find_entry(models_dir, engine)
    if entry.role != "encoder":
        raise EngineUnknown(f"{engine} is no encoder")
    return entry


def _calm_libraries() -> None:
    """One thread per worker, no reports to anybody, no chatter on stderr, large blocks back to the system when freed.

    source  mallopt(3): without it glibc keeps the blocks of large photos in an arena per thread (measured: two readers
            stay at 750 MB after 12 MP photos, and at 420 MB with it)
    """
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    onnxruntime.disable_telemetry_events()
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGE_BLOCK)
        library.mallopt(_ARENA_MAX, _ARENAS)


def _detector(entry: WeightsEntry, models_dir: Path) -> FaceDetector:
    if entry.name == "dlib-hog":
        return HogDetector()
    if entry.name == "yunet":
        return YunetDetector(load(entry, models_dir))
    raise EngineUnknown(f"no program for detector {entry.name}")


def _encoder(entry: WeightsEntry, models_dir: Path, cache_dir: Path) -> FaceEncoder:
    data = load(entry, models_dir)
    identity = EngineIdentity(entry.name, entry.sha256)
    if entry.origin == "wheel":
        return DlibEncoder(identity, open_session(recogniser_onnx(cache_dir, data)))
    recipe = Recipe(entry.size, entry.colour, entry.mean, entry.deviation)
    return ArcfaceEncoder(identity, open_session(data), recipe)
