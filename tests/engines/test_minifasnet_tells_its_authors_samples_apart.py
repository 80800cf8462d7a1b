"""The MiniFASNet pair, fed as its authors feed it: their three samples, and the crop on numbers worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from auth_service.core.errors import WeightsDigestWrong
from auth_service.engines.catalogue import PAD_NETS
from auth_service.engines.decoding import IntakePolicy, decode
from auth_service.engines.detectors import YunetDetector
from auth_service.engines.minifasnet import PadModel, PadNet, crop, open_net
from auth_service.engines.weights import find_entry, load
from auth_service.faces.landmarks import Box


@pytest.mark.data
def test_the_live_sample_is_called_live_and_the_two_others_are_not(shared_data: Path) -> None:
    models = shared_data / "models"
    entries = [find_entry(models, name) for name in PAD_NETS]
    assert [(entry.role, entry.margin, entry.size) for entry in entries] == [("pad", 2.7, 80), ("pad", 4.0, 80)]
    pair = PadModel([PadNet(open_net(load(entry, models)), entry.margin, entry.size) for entry in entries])
    yunet = YunetDetector(load(find_entry(models, "yunet"), models))
    shares = {}
    for name in ("image_T1", "image_F1", "image_F2"):
        pixels = decode((shared_data / "attacks" / "minivision" / f"{name}.jpg").read_bytes(), IntakePolicy()).pixels
        shares[name] = pair.live_share(pixels, yunet.detect(pixels)[0].box)
    assert shares["image_T1"] > 0.95
    assert max(shares["image_F1"], shares["image_F2"]) < 0.5


def test_the_crop_is_the_box_enlarged_about_its_middle() -> None:
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[100:300, 100:300] = 255
    whole = crop(pixels, Box(150, 150, 250, 250), 2.0, 80)
    assert whole.shape == (80, 80, 3)
    assert whole[:-1, :-1].min() == 255  # the source takes one row and one column more
    beyond = crop(pixels, Box(150, 150, 250, 250), 3.0, 80)
    assert beyond[0, 0, 0] == beyond[-1, -1, 0] == 0
    assert beyond[40, 40, 0] == 255


def test_a_crop_that_would_pass_the_border_is_moved_inside_and_at_most_the_frame() -> None:
    pixels = np.tile(np.arange(200, dtype=np.uint8)[None, :, None], (200, 1, 3))
    beside = crop(pixels, Box(0, 80, 40, 120), 2.0, 80)
    assert (beside[0, 0, 0], beside[0, -1, 0]) == (0, 80)
    assert crop(pixels, Box(-20, -20, 220, 220), 4.0, 80)[0, -1, 0] >= 195


def test_a_file_that_is_no_net_is_refused() -> None:
    with pytest.raises(WeightsDigestWrong):
        open_net(b"not a net")
