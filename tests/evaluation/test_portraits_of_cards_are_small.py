"""A portrait of 102 by 126 pixels, as in an ID card's chip: what shrinking alone does to the comparison. How cards that
are twenty years old fare is not measured by it."""

from __future__ import annotations

import io
import os
from pathlib import Path

import PIL.Image
import pytest

from auth_service.faces.quality import QualityReason
from auth_service.faces.sample import FaceSample
from auth_service.matching.calibration import fitting
from auth_service.matching.comparison import Zone, compare
from auth_service.settings import Settings
from auth_service.wiring import Wiring

FACES = Path(os.environ.get("AUTH_SERVICE_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")) / "faces"
PEOPLE, CARD = 60, (102, 126)
pytestmark = pytest.mark.data


def as_on_a_card(path: Path) -> bytes:
    """The middle of a photo in the card's shape and size."""
    picture = PIL.Image.open(path).convert("RGB")
    width = int(picture.height * CARD[0] / CARD[1])
    left = (picture.width - width) // 2
    buffer = io.BytesIO()
    picture.crop((left, 0, left + width, picture.height)).resize(CARD, PIL.Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_small_portrait_hides_no_likeness_and_makes_none(tmp_path: Path) -> None:
    wiring = Wiring(Settings(home=tmp_path / "var", readers=1))
    pairs: list[tuple[FaceSample, FaceSample]] = []
    for folder in sorted((FACES / "lfw").iterdir()):
        photos = sorted(folder.glob("*.jpg"))
        if len(photos) > 1 and len(pairs) < PEOPLE:
            pairs.append((wiring.pool.read(as_on_a_card(photos[0])), wiring.pool.read(photos[1].read_bytes())))
    assert len(pairs) == PEOPLE
    assert sum(QualityReason.TOO_SMALL in card.quality.reasons for card, _ in pairs) == PEOPLE, (
        "so it tells nothing here"
    )

    def zone(card: FaceSample, live: FaceSample) -> Zone:
        return compare(live.template, card.template, fitting(wiring.shipped_calibration, card.template, 1)).zone

    mated = [zone(card, live) for card, live in pairs]
    others = [zone(card, pairs[(place + 1) % PEOPLE][1]) for place, (card, _) in enumerate(pairs)]
    assert mated.count(Zone.NON_MATCH) == 0
    assert others.count(Zone.MATCH) == 0
    assert others.count(Zone.NON_MATCH) >= 57
