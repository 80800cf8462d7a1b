"""What the engine measures in the frames of a session: real weights, real clips, and portraits in the public domain."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from auth_service.capture.challenge import Ask, Challenge, Motion, Route
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import ImageRefused, ImageTooManyPixels
from auth_service.engines.best_frames import best_frames
from auth_service.engines.capture_reader import EngineCaptureReader
from auth_service.engines.catalogue import ReaderSpec, build_capture_reader
from auth_service.engines.face_vectors import templates_of
from auth_service.engines.staging import COLLINS, HOPPER, portrait_bytes
from auth_service.faces.quality import QualityPolicy
from auth_service.liveness.consistency import ConsistencyPolicy, examine
from auth_service.liveness.layers import Sign
from auth_service.liveness.measures import SessionMeasures
from tests.engines.clips import THREE_MOTIONS, frames_of, in_steps, sent

pytestmark = pytest.mark.data

PAD_FILES = ("minifasnet_v2_2.7_80x80.onnx", "minifasnet_v1se_4.0_80x80.onnx")
NEUTRAL_ONLY = Challenge(Route.NO_FLASH, ())


@pytest.fixture(scope="module")
def reader(
    models_dir: Path, shared_data: Path, cache_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> EngineCaptureReader:
    """With YuNet and the MiniFASNet pair."""
    folder = tmp_path_factory.mktemp("capture-models")
    for path in [*models_dir.iterdir(), *(shared_data / "models" / name for name in PAD_FILES)]:
        shutil.copyfile(path, folder / path.name)
    return build_capture_reader(ReaderSpec("dlib-resnet", folder, cache_dir))


@pytest.fixture(scope="module")
def clip(reader: EngineCaptureReader, shared_data: Path) -> SessionMeasures:
    """Four steps of five frames of a person who turns both ways."""
    return reader.measure(in_steps(frames_of(shared_data / "videos" / "lp_d12.mp4", 20), 4), THREE_MOTIONS)


def portrait(which: object = COLLINS) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(portrait_bytes(which), np.uint8), cv2.IMREAD_COLOR)  # type: ignore[arg-type]


def side_by_side() -> np.ndarray:
    """Both portraits, 320 pixels high, with faces of one width."""
    collins, hopper = portrait()[40:280, 110:350], portrait(HOPPER)[60:380, 110:430]
    return np.hstack([cv2.resize(picture, (320, 320)) for picture in (collins, hopper)])


def still(*pictures: bytes) -> list[CapturedStep]:
    return [CapturedStep(0, tuple(CapturedFrame(data, 100 * n) for n, data in enumerate(pictures)))]


def test_with_yunet_the_points_show_turns(reader: EngineCaptureReader, clip: SessionMeasures) -> None:
    assert reader.shows_turns
    assert clip.layout == "arcface5"


def test_every_frame_of_a_clip_shows_one_face_within_plausible_bounds(clip: SessionMeasures) -> None:
    assert len(clip.frames) == 20
    for frame in clip.frames:
        assert (frame.faces, max(frame.width, frame.height)) == (1, 320)
        assert frame.box is not None
        assert frame.points is not None
        assert frame.points.dtype == np.float32
        assert 0 <= frame.box.left < frame.box.right <= frame.width
        assert 0 <= frame.box.top < frame.box.bottom <= frame.height
        left, right, _, mouth_left, mouth_right = frame.points
        assert left[0] < right[0]
        assert mouth_left[0] < mouth_right[0]
        assert min(mouth_left[1], mouth_right[1]) > max(left[1], right[1])
        inside = (frame.points >= (frame.box.left, frame.box.top)) & (
            frame.points <= (frame.box.right, frame.box.bottom)
        )
        assert inside.all()


def test_a_clip_gives_colours_light_and_texture_that_are_numbers(clip: SessionMeasures) -> None:
    for frame in clip.frames:
        assert frame.skin is not None
        assert frame.skin.shape == (5, 3)
        assert frame.skin.dtype == frame.surround.dtype == np.float32
        assert ((frame.skin > 0) & (frame.skin < 1)).all()
        assert (frame.skin[:, 0] > frame.skin[:, 2]).all(), "skin is redder than blue"
        assert 20 < frame.luma < 235
        assert frame.sharpness > 0
        assert 1.0 <= frame.moire < 20.0


def test_a_session_has_a_probe_of_its_best_frames_and_shows_one_person(
    reader: EngineCaptureReader, clip: SessionMeasures
) -> None:
    assert clip.probe is not None
    assert clip.probe.identity.engine == "dlib-resnet"
    assert clip.probe.mirrored
    assert clip.probe.images == 2
    assert clip.quality == ()
    assert 0.9 < clip.least_cosine < 1.0


def test_a_second_person_in_all_but_the_best_frames_is_seen(reader: EngineCaptureReader) -> None:
    """Whoever chooses which frame is the best knows which are compared; one of each other step is drawn."""
    one, other = sent(portrait(HOPPER)), sent(cv2.GaussianBlur(portrait(), (0, 0), 1.0))
    steps = [
        CapturedStep(n, tuple(CapturedFrame(data, 1000 * n + 100 * i) for i, data in enumerate((one, other, other))))
        for n in range(4)
    ]
    seen, quality = reader.look(steps), QualityPolicy()
    drawn = [best_frames(seen, quality, lambda count, place=place: min(place, count - 1)) for place in range(3)]
    digests = [[frame.measures.pixel_digest for frame in best.checked] for best in drawn]
    assert [len(set(one)) for one in digests] == [1, 2, 2], "as many as there are steps, whichever are drawn"
    assert {len(one) for one in digests} == {4}
    likeness = [templates_of(reader._reader, best, reader._parts.own).least_cosine for best in drawn]
    assert likeness[0] == pytest.approx(1.0)
    assert max(likeness[1:]) < ConsistencyPolicy().another_person[0][1]


def test_somebody_elses_face_elsewhere_in_one_frame_is_passed_over_and_makes_no_probe(
    reader: EngineCaptureReader, shared_data: Path
) -> None:
    """As if no face were there; in three frames running the face has gone elsewhere."""
    frames = frames_of(shared_data / "videos" / "lp_d14.mp4", 24)
    canvas = np.full((320, 320, 3), 127, np.uint8)
    canvas[10:130, 10:130] = cv2.resize(portrait(HOPPER)[60:380, 110:430], (120, 120))
    seen = {}
    for count in (0, 1, 3):
        strange = {9 + n for n in range(count)}
        shown = [replace(one, data=sent(canvas)) if n in strange else one for n, one in enumerate(frames)]
        measures = reader.measure(in_steps(shown, 4), THREE_MOTIONS)
        seen[count] = (measures, examine(measures, THREE_MOTIONS, ConsistencyPolicy()))
    assert seen[0][1].sign is seen[1][1].sign is Sign.LIVE, [finding.reasons for _, finding in seen.values()]
    stray = seen[1][0].steps[1].frames[3]
    assert (stray.faces, stray.box, stray.points, stray.skin) == (1, None, None, None)
    assert stray.pixel_digest == seen[3][0].steps[1].frames[3].pixel_digest
    assert "face_jumps" in seen[3][1].reasons


def test_the_model_is_asked_on_the_best_frames_alone(clip: SessionMeasures) -> None:
    assert clip.probe is not None
    shares = [frame.model for frame in clip.frames if frame.model is not None]
    assert len(shares) == clip.probe.images
    assert all(0.0 <= share <= 1.0 for share in shares)


def test_paths_are_found_for_the_motions_alone(clip: SessionMeasures) -> None:
    assert clip.steps[0].paths is None
    for step in clip.steps[1:]:
        assert step.paths is not None
        assert step.paths.first != step.paths.last
        assert len(step.paths.face) >= 10
        assert step.paths.face.shape[1:] == (2, 2)


def test_a_still_sent_twice_has_the_same_digest(reader: EngineCaptureReader) -> None:
    data = sent(portrait())
    one, two = reader.measure(still(data, data), NEUTRAL_ONLY).frames
    other = reader.measure(still(sent(portrait()[:, ::-1])), NEUTRAL_ONLY).frames[0]
    assert one.pixel_digest == two.pixel_digest != other.pixel_digest
    assert (one.face_hash, one.frame_hash) == (two.face_hash, two.frame_hash)


def test_no_face_is_none_and_no_probe(reader: EngineCaptureReader) -> None:
    wall = np.full((240, 320, 3), 120, np.uint8)
    found = reader.measure(still(*[sent(wall)] * 3), THREE_MOTIONS)
    frame = found.frames[0]
    assert (frame.faces, frame.box, frame.points, frame.skin, frame.model) == (0, None, None, None, None)
    assert frame.luma == pytest.approx(120, abs=2)
    assert np.isfinite(frame.surround).all()
    assert (found.probe, found.least_cosine, found.quality) == (None, 1.0, ())


def test_two_faces_are_counted(reader: EngineCaptureReader) -> None:
    found = reader.measure(still(sent(side_by_side())), NEUTRAL_ONLY)
    assert found.frames[0].faces == 2
    assert found.probe is None
    assert "several_faces" in found.quality


def test_a_damaged_frame_is_refused_with_its_code(reader: EngineCaptureReader) -> None:
    good = sent(portrait())
    with pytest.raises(ImageRefused) as refused:
        reader.measure(still(good, good[: len(good) // 2], good), NEUTRAL_ONLY)
    assert refused.value.code == "image_damaged"
    assert reader.measure(still(good), NEUTRAL_ONLY).frames[0].faces == 1


def test_a_frame_larger_than_a_page_sends_is_refused(reader: EngineCaptureReader) -> None:
    large = bytes(cv2.imencode(".jpg", np.zeros((700, 700, 3), np.uint8))[1])
    with pytest.raises(ImageTooManyPixels):
        reader.measure(still(large), NEUTRAL_ONLY)


def test_another_person_in_one_step_makes_the_least_likeness_low(
    reader: EngineCaptureReader, clip: SessionMeasures, shared_data: Path
) -> None:
    steps = in_steps(frames_of(shared_data / "videos" / "lp_d12.mp4", 20), 4)
    stranger = frames_of(shared_data / "videos" / "vr_1.mp4", 5)
    swapped = reader.measure([*steps[:2], CapturedStep(2, tuple(stranger)), steps[3]], THREE_MOTIONS)
    assert swapped.least_cosine < clip.least_cosine - 0.03


def test_a_turned_still_is_turned_upright_as_a_photo_is(reader: EngineCaptureReader) -> None:
    upright = sent(portrait())
    lying = sent(np.ascontiguousarray(np.rot90(portrait())))
    tag = bytes.fromhex("ffe100224578696600004d4d002a00000008000101120003000000010006000000000000")
    marked = lying[:2] + tag + lying[2:]
    a, b = (reader.measure(still(data), NEUTRAL_ONLY).frames[0] for data in (upright, marked))
    assert b.points == pytest.approx(a.points, abs=3)


def test_a_motion_without_a_neutral_step_before_it_still_has_paths(
    reader: EngineCaptureReader, shared_data: Path
) -> None:
    frames = frames_of(shared_data / "videos" / "lp_d12.mp4", 10)
    found = reader.measure([CapturedStep(1, tuple(frames))], Challenge(Route.NO_FLASH, (Ask(Motion.TURN_LEFT, 300),)))
    assert found.steps[0].paths is not None
