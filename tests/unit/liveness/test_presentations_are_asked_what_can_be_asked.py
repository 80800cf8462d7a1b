"""Trials of attack detection: which layers count for which kind, what passes, and the record of it all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.capture.challenge import Challenge, Route
from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.liveness.assess import LivenessPolicy
from auth_service.liveness.decision import PadVerdict
from auth_service.liveness.fusion import PadPolicy
from auth_service.liveness.layers import Layer, Mode
from auth_service.liveness.measures import SessionMeasures, StepMeasures
from auth_service.liveness.metrics import LIVE
from auth_service.liveness.trial_report import Silent, pad_document
from auth_service.liveness.trials import Judge, Kind, Shown, Trial
from tests.unit.liveness import bodies
from tests.unit.liveness.test_all_layers_are_asked_once import CHALLENGE, whole

NOTHING = Challenge(Route.NO_FLASH, ())
JUDGE = Judge(LivenessPolicy(), {"engine": "dlib-resnet"})
HEAD, SHEET = whole(bodies.head()), whole(bodies.sheet())


def told(measures: SessionMeasures, share: float) -> SessionMeasures:
    """The same, with the model's word on its first frame."""
    first, *rest = measures.steps
    frames = (replace(first.frames[0], model=share), *first.frames[1:])
    return replace(measures, steps=(replace(first, frames=frames), *rest))


def picture(share: float | None) -> SessionMeasures:
    frame = replace(HEAD.frames[0], model=share, moire=1.0)
    return SessionMeasures((StepMeasures(0, (frame,)),), "arcface5", HEAD.probe, 1.0, ())


def trial(kind: Kind, label: str, measures: SessionMeasures, matched: bool | None = None, who: str = "a") -> Trial:
    shown = Shown(f"{label}/{who}", kind, label, who)
    return JUDGE(shown, measures, NOTHING if kind is Kind.PICTURE else CHALLENGE, matched)


def test_a_living_session_passes_and_a_sheet_that_answers_it_is_stopped() -> None:
    assert trial(Kind.SESSION, LIVE, HEAD).verdict is PadVerdict.BONA_FIDE
    assert trial(Kind.SESSION, "print", SHEET).verdict is PadVerdict.ATTACK_SUSPECTED


def test_a_film_of_whom_nothing_was_asked_is_asked_nothing_if_it_is_a_living_persons() -> None:
    living, attack = trial(Kind.FILM, LIVE, SHEET), trial(Kind.FILM, "print", SHEET)
    assert living.asked == (Layer.CONSISTENCY, Layer.TEXTURE, Layer.MODEL)
    assert living.verdict is PadVerdict.BONA_FIDE
    assert {Layer.CHALLENGE, Layer.GEOMETRY, Layer.FLASH} <= set(attack.asked)
    assert attack.verdict is PadVerdict.ATTACK_SUSPECTED


def test_one_picture_is_judged_by_texture_and_model_alone_with_and_without_the_pair() -> None:
    suspected, clean = trial(Kind.PICTURE, "print", picture(0.001)), trial(Kind.PICTURE, "print", picture(0.9))
    assert suspected.asked == (Layer.TEXTURE, Layer.MODEL)
    assert (suspected.verdict, suspected.verdict_without_model) == (
        PadVerdict.ATTACK_SUSPECTED,
        PadVerdict.BONA_FIDE,
    )
    assert clean.verdict is PadVerdict.BONA_FIDE
    striped = picture(0.9)
    step = replace(striped.steps[0], frames=(replace(striped.frames[0], moire=9.0),))
    assert trial(Kind.PICTURE, "screen", replace(striped, steps=(step,))).verdict is PadVerdict.ATTACK_SUSPECTED


def test_a_layer_that_is_off_stops_nobody() -> None:
    judge = Judge(LivenessPolicy(pad=PadPolicy(model=Mode.OFF)), {"engine": "dlib-resnet"})
    shown = Shown("p", Kind.PICTURE, "print", "a")
    assert judge(shown, picture(0.001), NOTHING, None).verdict is PadVerdict.BONA_FIDE


def test_without_a_probe_or_a_known_version_no_session_passes() -> None:
    assert trial(Kind.SESSION, LIVE, replace(HEAD, probe=None)).verdict is PadVerdict.INCONCLUSIVE
    unknown = Judge(LivenessPolicy(), {"engine": ""})
    verdict = unknown(Shown("p", Kind.SESSION, LIVE, "a"), HEAD, CHALLENGE, None).verdict
    assert verdict is PadVerdict.INCONCLUSIVE


def test_colours_count_as_measured_and_the_code_as_given() -> None:
    """What is asked is what the pictures alone let pass."""
    policy = LivenessPolicy(pad=PadPolicy(flash_needs_measuring=True))
    judge = Judge(policy, {"engine": "dlib-resnet"})
    assert judge(Shown("p", Kind.SESSION, LIVE, "a"), HEAD, CHALLENGE, None).verdict is PadVerdict.BONA_FIDE


def test_the_record_counts_each_kind_by_itself_and_names_what_an_operator_must_know() -> None:
    trials = [
        trial(Kind.SESSION, LIVE, told(HEAD, 0.9), matched=True, who="a"),
        trial(Kind.SESSION, LIVE, told(HEAD, 0.001), matched=True, who="b"),
        trial(Kind.SESSION, "print", SHEET, matched=True, who="a"),
        trial(Kind.FILM, "screen", SHEET, matched=None, who="a"),
        trial(Kind.PICTURE, "print", picture(0.9), matched=True, who="b"),
        trial(Kind.PICTURE, "print", picture(0.001), matched=False, who="b"),
    ]
    found = pad_document(trials, [Silent("x.jpg", "print")], PadPolicy(), model=True)
    assert (found["kind"], found["bona_fide"], found["subjects"], found["bpcer"]) == ("pad", 2, 2, 0.5)
    assert (found["species"]["print"]["n"], found["species"]["print"]["errors"]) == (3, 1)
    assert found["species"]["screen"]["apcer"] == 0.0
    assert found["by_kind"]["session"]["without_model"]["bpcer"] == 0.0
    assert found["by_kind"]["picture"]["without_model"]["species"]["print"]["apcer"] == 1.0
    assert set(found["by_kind"]["picture"]["layers"]) == {"texture", "model"}
    geometry = found["by_kind"]["session"]["layers"]["geometry"]
    assert geometry["said"] == {"live": {"live": 2}, "print": {"attack": 1}}
    assert (geometry["bpcer"]["errors"], geometry["species"]["print"]["apcer"]) == (0, 0.0)
    assert [found["flash"][name] for name in ("bona_fide", "subjects", "attacks")] == [2, 2, 1]
    whole, alone = found["flash"]["whole"], found["flash"]
    assert (found["flash"]["route"], whole["bpcer"], whole["species"]["print"]["apcer"]) == ("flash", 0.5, 0.0)
    assert (alone["bpcer"]["errors"], alone["species"]["print"]["n"]) == (0, 1)
    assert found["no_response"] == {"count": 1, "by_label": {"print": 1}, "paths": ["x.jpg"]}
    print_ = found["matcher"]["species"]["print"]
    assert (print_["iapmr"]["n"], print_["iapmr"]["errors"], print_["iapar"]["errors"]) == (3, 2, 1)
    assert found["matcher"]["bona_fide"] == {"n": 2, "matched": 2, "accepted": 1}


def test_without_the_pair_nothing_is_said_of_it_and_without_trials_nothing_at_all() -> None:
    found = pad_document([trial(Kind.PICTURE, LIVE, picture(None))], [], PadPolicy(), model=False)
    assert found["by_kind"]["picture"]["with_model"] is None
    assert (found["model_installed"], found["matcher"], found["flash"]["bona_fide"]) == (False, None, 0)
    with pytest.raises(EvaluationSetTooSmall):
        pad_document([], [Silent("x.jpg", "print")], PadPolicy(), model=False)
