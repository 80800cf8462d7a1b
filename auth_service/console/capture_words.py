"""One capture in words: what was asked, what each layer saw, how alike, who said what of it."""

from __future__ import annotations

from datetime import datetime

from auth_service.capture.challenge import StepKind
from auth_service.capture.offline_rules import RECORD_TEXTS, Hold
from auth_service.console.score_chart import chart_of
from auth_service.console.words import Row, local_time, words_of
from auth_service.core.clock import legal_date
from auth_service.core.intervals import Rate
from auth_service.flows.see_capture import CaptureShown, ReferenceShown, StepShown
from auth_service.liveness.reasons import PAD_TEXTS
from auth_service.matching.calibration import OperatingPoint
from auth_service.qualification.review import ReviewPolicy
from auth_service.storage.unit import StoredFinding, StoredFlag, StoredRecord, StoredReview
from auth_service.web.i18n import Language, text
from auth_service.web.texts import TEXTS


def step_words(address: str, view: CaptureShown, language: Language) -> list[dict[str, object]]:
    """Each step with the prompt that was shown, and the addresses of its frames."""
    return [_step(address, step, view, language) for step in view.steps]


def _step(address: str, step: StepShown, view: CaptureShown, language: Language) -> dict[str, object]:
    planned, n = step.planned, step.planned.n + 1
    asked = planned.ask.motion.value if planned.ask else planned.kind.value
    frames = [
        {
            "url": f"{address}/frames/{planned.n}/{place}",
            "word": text("desk.frame", language, n=n, place=place + 1),
        }
        for place in step.places
    ]
    challenge = view.session.session.challenge if view.session else None
    colours = challenge.flash if challenge and planned.kind is StepKind.FLASH else ()
    return {
        "title": text("desk.step", language, n=n),
        "asked": text(f"desk.ask.{asked}", language),
        "moved": text(f"desk.step.{'moved' if step.movement else 'still'}", language),
        "tells": planned.kind is StepKind.MOTION and view.record is None,  # nobody looked while it was captured
        "count": text("desk.step.frames", language, n=step.frames, shown=len(frames)),
        "frames": frames if view.sees_faces else [],
        "colours": [(one.value, text(f"desk.colour.{one.value}", language)) for one in colours],
    }


def session_rows(view: CaptureShown, language: Language) -> list[Row]:
    """How the session was done; empty where it came another way."""
    if view.session is None:
        return []
    session, helper = view.session.session, view.session.helper
    route = session.challenge.route if session.challenge else session.wished
    rows = [Row(text("desk.session.route", language), text(f"desk.session.route.{route.value}", language))]
    if session.started_at is not None and session.claimed_at is not None:
        took = round((session.claimed_at - session.started_at).total_seconds())
        rows.append(Row(text("desk.session.took", language), text("desk.session.seconds", language, n=took)))
    if session.accommodations:
        able = ", ".join(text(f"desk.able.{one.value}", language) for one in sorted(session.accommodations))
        rows.append(Row(text("desk.session.able", language), able))
    if session.slow:
        rows.append(Row(text("desk.session.slow", language), text("fact.yes", language)))
    if helper:
        rows.append(Row(text("desk.session.helper", language), helper))
    return rows


def reference_words(address: str, one: ReferenceShown, place: int, language: Language) -> dict[str, object]:
    """One enrolled photo with its source and date."""
    key, day = ("desk.taken_on", one.photo.taken_on) if one.photo.taken_on else ("desk.enrolled_on", None)
    when = text(key, language, when=day or legal_date(one.photo.enrolled_at))
    return {
        "word": text("desk.reference", language, n=place),
        "more": text("desk.enrolled", language, source=text(f"desk.source.{one.photo.source}", language), when=when),
        "full": f"{address}/photos/{one.label}" if one.kept else None,
        "face": f"{address}/faces/{one.label}",
    }


def machine_words(view: CaptureShown, language: Language) -> list[str]:
    """The verdict about liveness, reason by reason."""
    place = 0 if language == "zh" else 1
    return [PAD_TEXTS[reason][place] for reason in view.evidence.pad.reasons]


def layer_words(one: StoredFinding, language: Language) -> dict[str, object]:
    """One row of the table of layers."""
    finding, mode = one.finding, one.mode.value if one.mode else "unknown"
    return {
        "layer": text(f"desk.layer.{finding.layer.value}", language),
        "mode": text(f"desk.mode.{mode}", language),
        "sign": finding.sign.value,
        "sign_word": text(f"desk.sign.{finding.sign.value}", language),
        "found": [found_word(code, language) for code in finding.reasons],
        "numbers": [(name, f"{value:.4g}") for name, value in sorted(finding.scores.items())],
        "erased": not one.details,
    }


def found_word(code: str, language: Language) -> str:
    """What a layer saw; a code of another release stays as it is."""
    key = f"desk.found.{code}"
    return text(key, language) if key in TEXTS else code


def score_words(view: CaptureShown, language: Language) -> dict[str, object] | None:
    """The comparison with its drawing; None where nothing can be compared."""
    compared = view.compared
    if compared is None:
        return None
    zone = text(f"desk.zone.{compared.zone.value}", language)
    shown = {"score": f"{compared.similarity:.3f}", "grey": f"{compared.grey_at:.3f}",
             "accept": f"{compared.accept_at:.3f}"}  # fmt: skip
    return {
        **shown,
        "chart": chart_of(compared),
        "sentence": text("desk.score.picture", language, zone=zone, **shown),
        "only_now": view.evidence.comparison is None,
        "engine": compared.engine,
        "record": compared.calibration,
        "points": _points(view, language),
        "other_record": view.calibration is None,
    }


def chip_rows(view: CaptureShown, language: Language) -> list[Row]:
    """What the portrait of a card's chip was compared with; nothing where no card was read."""
    if view.chip is None:
        return []
    sides = {
        "chip_live": (view.chip.live, view.chip.live_zone),
        "chip_enrolled": (view.chip.enrolled, view.chip.enrolled_zone),
    }
    none = text("fact.none", language)
    return [
        Row(
            text(f"fact.{side}", language),
            none if zone is None or score is None else f"{text(f'fact.{side}.{zone.value}', language)} ({score:.3f})",
        )
        for side, (score, zone) in sides.items()
    ]


def _points(view: CaptureShown, language: Language) -> list[dict[str, str]]:
    """The two thresholds with what they were measured to do, from the record that judged this capture."""
    if view.calibration is None:
        return []
    compared = view.compared
    wanted = (compared.grey_at, compared.accept_at) if compared else None
    for cell in view.calibration.cells.values():  # the one that judged it: enrolled photos may have changed since
        if (cell.grey_at, cell.accept_at) == wanted:
            return [_point("grey", cell.grey, language), _point("match", cell.accept, language)]
    return []


def _point(zone: str, point: OperatingPoint, language: Language) -> dict[str, str]:
    return {
        "zone": text(f"desk.zone.{zone}", language),
        "threshold": f"{point.threshold:.3f}",
        **_share("fmr", point.fmr, language),
        **_share("fnmr", point.fnmr, language),
    }


def _share(name: str, rate: Rate, language: Language) -> dict[str, str]:
    """A rate, and the interval in which it lies."""
    if rate.trials == 0:
        return {name: text("desk.score.unknown", language), f"{name}_in": ""}
    low, high = f"{rate.low * 100:.2g} %", f"{rate.high * 100:.2g} %"
    return {name: f"{rate.value * 100:.2g} %", f"{name}_in": text("desk.score.within", language, low=low, high=high)}


def flag_words(one: StoredFlag, language: Language, *, linked: bool) -> dict[str, str]:
    """A flag that stands about the capture, with what a fund monitor said of it; linked: the visitor may go there."""
    return {
        "title": f"{one.flag.rule_id} {words_of(one.flag.rule_id, language, one.flag.severity).title}",
        "state": one.judgements[-1][1].verdict.value if one.judgements else "open",
        "url": f"/console/flags/{one.id}" if linked else "",
    }


def act_words(one: StoredReview, names: dict[str, str], language: Language) -> dict[str, object]:
    """One act of the history."""
    review = one.review
    system = text("desk.by_system", language)
    return {
        "act": text(f"desk.act.{review.act.value}", language),
        "verdict": text(f"desk.decide.{review.verdict.value}", language) if review.verdict else "",
        "reason": text(f"desk.reason.{review.reason.value}", language) if review.reason else "",
        "who": system if review.done_by == "system" else names.get(review.done_by, "?"),
        "when": local_time(review.done_at),
        "note": text("desk.note.erased", language) if one.note_gone else review.note,
    }


def undo_until(one: StoredReview, policy: ReviewPolicy) -> datetime:
    """Until when a decision may be taken back."""
    return one.review.done_at + policy.undo


def offline_words(record: StoredRecord | None, language: Language) -> list[str]:
    """What a reviewer is told of a capture that a kiosk made without a line, and why a person looks first."""
    if record is None:
        return []
    times = {"captured": local_time(record.captured_at), "received": local_time(record.received_at)}
    told = [text("desk.offline", language, **times)]
    if record.hold:
        told.append(RECORD_TEXTS[Hold(record.hold)][language == "en"])
    return told
