"""A photo for staff to check, left on the phone's page: from its own camera or a file, looked at before it goes."""

from __future__ import annotations

import io
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Page

from tests.browser.axe import serious
from tests.browser.fake_captures import problem
from tests.browser.real_browser import wait_until
from tests.browser.test_the_beneficiarys_page_is_for_everybody import FAULTS
from tests.browser.visiting import Opened, Visit

pytestmark = [pytest.mark.browser, pytest.mark.data]

TOO_DARK = problem(
    422, "quality_too_low", "照片质量不够。", "The photo is not good enough.", field="photo",
    hints=[{"code": "too_dark", "zh": "光线太暗。", "en": "It is too dark."}],
)  # fmt: skip


def to_photo(one: Visit) -> Page:
    """From the camera's screen, where the person would rather not go on."""
    one.to_consent()
    one.agree()
    page = one.page
    page.click("#s-camera [data-go=ways]")
    page.wait_for_selector("#way-photo:visible")
    page.check("[value=photo]")
    one.look("ways")
    page.click("#f-ways [type=submit]")
    page.wait_for_selector("#s-photo:visible")
    return page


def opened_picture(data: bytes) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(data))


def test_a_photo_of_the_pages_own_camera_is_looked_at_and_sent(visit: Opened) -> None:
    with visit() as one:
        page = to_photo(one)
        assert page.evaluate(FAULTS) == []
        one.look("photo-before")
        page.click("#photo-open")
        page.wait_for_selector("#photo-take:visible")
        wait_until(page, "document.getElementById('still').videoWidth > 0")
        one.look("photo-live")
        page.click("#photo-take")
        page.wait_for_selector("#photo-send:visible")
        assert page.evaluate("document.getElementById('still').srcObject === null"), "the camera's light goes out"
        one.look("photo-shown")
        assert one.play.photos == [], "nothing goes before the person says so"
        page.click("#photo-again")
        page.click("#photo-open")
        wait_until(page, "document.getElementById('still').videoWidth > 0")
        page.click("#photo-take")
        page.click("#photo-send")
        one.ends("asked")
        one.look("asked")
    (photo,) = one.play.photos
    picture = opened_picture(photo)
    assert picture.format == "JPEG"
    assert max(picture.size) <= 1600


def test_a_file_is_drawn_anew_and_one_that_cannot_be_used_is_told(visit: Opened, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x010F] = "somebody's phone"
    PIL.Image.new("RGB", (2400, 1800), (90, 120, 150)).save(tmp_path / "a.jpg", exif=exif)
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    with visit(allowed=("status of 422",)) as one:
        one.play.refusals["/photo"] = TOO_DARK
        page = to_photo(one)
        page.set_input_files("#photo-file", tmp_path / "b.jpg")
        page.wait_for_selector("#photo-fault:visible")
        assert "打不开" in page.inner_text("#photo-fault")
        page.set_input_files("#photo-file", tmp_path / "a.jpg")
        page.click("#photo-send")
        page.wait_for_selector("#photo-fault:visible")
        assert page.inner_text("#photo-fault").endswith("照片质量不够。 光线太暗。")
        one.look("photo-refused")
        page.set_input_files("#photo-file", tmp_path / "a.jpg")
        page.click("#photo-send")
        one.ends("asked")
    (photo,) = one.play.photos
    picture = opened_picture(photo)
    assert picture.size == (1600, 1200)
    assert not picture.getexif()


def test_before_any_consent_no_photo_is_offered(visit: Opened) -> None:
    with visit() as one:
        one.to_consent()
        one.page.click("#s-consent [data-go=ways]")
        assert not one.page.is_visible("#way-photo")


@pytest.mark.slow
def test_axe_finds_nothing_serious_where_a_photo_is_left(visit: Opened) -> None:
    with visit() as one:
        page = to_photo(one)
        assert serious(page) == []
        page.click("#photo-open")
        page.wait_for_selector("#photo-take:visible")
        assert serious(page) == []
        page.click("#photo-take")
        page.wait_for_selector("#photo-send:visible")
        assert serious(page) == []
