"""The portrait of a card's chip beside one capture: read, compared, and dropped."""

from __future__ import annotations

from collections.abc import Callable

from auth_service.core.errors import ImageRefused
from auth_service.faces.quality import QualityReason
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import Template
from auth_service.flows.known_person import Known
from auth_service.matching.calibration import Calibration, fitting
from auth_service.matching.comparison import compare
from auth_service.qualification.chip import ChipComparison

ReadPortrait = Callable[[bytes], FaceSample]
_ALWAYS_SMALL = frozenset({QualityReason.TOO_SMALL})
"""An ID card's portrait has 102 by 126 pixels. source: measured (docs/decisions/0031-kiosks.md): at that size no
portrait of 60 people fell to a non-match with another photo of theirs, and 59 of 60 did with somebody else's"""


def chip_beside(
    portrait: bytes | None, read: ReadPortrait, probe: Template | None, known: Known, calibration: Calibration
) -> ChipComparison | None:
    """None: no card was read, or its portrait shows no face that can be read. That is no fault of the person's.

    probe   of the living face; None where liveness was not sure
    raises  CapacityExceeded, EngineFault
    """
    if portrait is None:
        return None
    try:
        sample = read(portrait)
    except ImageRefused:
        return None
    fit = fitting(calibration, sample.template, 1)
    live = None if probe is None else compare(probe, sample.template, fit)
    return ChipComparison(
        live, known.compare(sample.template, fit), poor=bool(set(sample.quality.reasons) - _ALWAYS_SMALL)
    )
