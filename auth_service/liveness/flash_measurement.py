"""A measurement of the colours on the operator's own people: what it counted, and what it was measured with.

It is made from the document of `evaluate pad` and holds counts, rates and versions only: no path, no subject, no name
of a person. In production colours count while two people have put one in force (docs/liveness-fusion.md) and everything
it was measured with is what is in use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from auth_service.core.errors import FieldInvalid, FlashTooFew

FEWEST = 30
"""Of people, of their sessions and of attacks. source: rule of three, ISO/IEC 19795-1: none wrong of 30 leaves 10 %"""
LONGEST_NAME = 64
_NAME = re.compile(rf"[\w.-]{{1,{LONGEST_NAME}}}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a verdict depends on besides the pictures.

    engine    whose templates are compared
    versions  name -> version of every program and model that has a part in a verdict
    policy    digest of all limits and modes (LivenessPolicy.limits_digest)
    """

    engine: str
    versions: Mapping[str, str]
    policy: str

    def differing(self, other: Terms) -> tuple[str, ...]:
        """Names of what is not the same in both."""
        return tuple(_differing(self, other))


def _differing(one: Terms, other: Terms) -> Iterator[str]:
    if one.engine != other.engine:
        yield "engine"
    for name in sorted({*one.versions, *other.versions}):
        if one.versions.get(name) != other.versions.get(name):
            yield name
    if one.policy != other.policy:
        yield "policy"


@dataclass(frozen=True, slots=True)
class FlashMeasurement:
    """Sessions of the route with colours that were judged.

    people    of whom the living sessions are
    sessions  of living people
    attacks   that answered colours which were really shown
    model     whether the MiniFASNet pair had a part
    whole     BPCER and APCER by species of all layers together, with intervals; JSON as `evaluate pad` tells it
    layer     the same of the colours alone
    data      digest of all files that were judged
    """

    name: str
    route: str
    measured_on: date
    terms: Terms
    people: int
    sessions: int
    attacks: int
    model: bool
    whole: Mapping[str, Any]
    layer: Mapping[str, Any]
    intervals: str
    data: str

    def require_enough(self) -> None:
        """raises FlashTooFew, saying what is lacking"""
        counts = {"people": self.people, "sessions": self.sessions, "attacks": self.attacks}
        short = [f"{count} {what} of {FEWEST}" for what, count in counts.items() if count < FEWEST]
        if short:
            raise FlashTooFew(", ".join(short))


def check_name(name: str) -> None:
    """raises FieldInvalid"""
    if not _NAME.fullmatch(name):
        raise FieldInvalid(f"1 to {LONGEST_NAME} letters, digits, dots, hyphens or underscores", field="name")


def measurement_of(document: Mapping[str, Any], name: str) -> FlashMeasurement:
    """From what `evaluate pad` found. raises FieldInvalid (the name), FlashTooFew"""
    check_name(name)
    flash = document["flash"]
    made = FlashMeasurement(
        name=name,
        route=flash["route"],
        measured_on=date.fromisoformat(document["measured_on"]),
        terms=Terms(document["engine"], dict(document["versions"]), document["policy"]),
        people=flash["subjects"],
        sessions=flash["bona_fide"],
        attacks=flash["attacks"],
        model=document["model_installed"],
        whole=flash["whole"] or {},
        layer={"bpcer": flash["bpcer"], "species": flash["species"]},
        intervals=document["intervals"],
        data=document["data_sha256"],
    )
    made.require_enough()
    return made


def render(measurement: FlashMeasurement) -> str:
    """JSON, the same for the same measurement."""
    terms = measurement.terms
    told = {
        "name": measurement.name,
        "route": measurement.route,
        "measured_on": measurement.measured_on.isoformat(),
        "engine": terms.engine,
        "versions": dict(terms.versions),
        "policy": terms.policy,
        "people": measurement.people,
        "sessions": measurement.sessions,
        "attacks": measurement.attacks,
        "model": measurement.model,
        "whole": dict(measurement.whole),
        "layer": dict(measurement.layer),
        "intervals": measurement.intervals,
        "data": measurement.data,
    }
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def parse(text: str) -> FlashMeasurement | None:
    """What `render` wrote; None: it is something else."""
    try:
        told = json.loads(text)
        return FlashMeasurement(
            name=told["name"],
            route=told["route"],
            measured_on=date.fromisoformat(told["measured_on"]),
            terms=Terms(told["engine"], told["versions"], told["policy"]),
            people=int(told["people"]),
            sessions=int(told["sessions"]),
            attacks=int(told["attacks"]),
            model=bool(told["model"]),
            whole=told["whole"],
            layer=told["layer"],
            intervals=told["intervals"],
            data=told["data"],
        )
    except (ValueError, TypeError, KeyError):
        return None
