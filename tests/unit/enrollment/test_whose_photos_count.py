"""A set says what a person looks like by its anchors; what a key adds later stands beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from auth_service.enrollment.references import MAX_REFERENCES, ReferencePhoto, form_reference_set
from auth_service.enrollment.sources import PhotoSource, Standing
from tests.unit.enrollment.test_admission import NOW, photo


def by_key(name: str, face: float = 1.0, day: int = 0, **given: object) -> ReferencePhoto:
    made = photo(name, face, **given)  # type: ignore[arg-type]
    return replace(made, origin="api_key:county", enrolled_at=NOW + timedelta(days=day))


def ids(photos: tuple[ReferencePhoto, ...]) -> list[str]:
    return [one.id for one in photos]


def test_a_claimed_source_and_date_rank_below_any_photo_of_the_agency() -> None:
    claimed = by_key("claimed", source=PhotoSource.OFFICER, taken=date(2026, 3, 9))
    formed = form_reference_set(
        "s", "p", [claimed, photo("card", source=PhotoSource.CARD, taken=date(2001, 1, 1))], NOW
    )
    assert ids(formed.photos) == ["card", "claimed"]
    assert ids(formed.anchors) == ["card"]


def test_the_template_is_the_mean_of_the_anchors_alone() -> None:
    formed = form_reference_set("s", "p", [photo("a", 1.0), photo("b", 2.0), by_key("c", 9.0)], NOW)
    assert formed.template is not None
    assert (formed.template.images, formed.template.vector.tolist()) == (2, [1.5, 1.0])


def test_among_what_keys_brought_the_first_enrolment_anchors_and_the_last_received_follows() -> None:
    photos = [by_key(f"later{day}", day=day, taken=date(2026, 1, 30 - day)) for day in range(1, 5)]
    formed = form_reference_set("s", "p", [*photos, by_key("first"), by_key("first too")], NOW)
    assert ids(formed.anchors) == ["first", "first too"]
    assert ids(formed.photos) == ["first", "first too", "later4", "later3"]


def test_anchors_are_kept_however_many_photos_a_key_adds() -> None:
    formed = form_reference_set("s", "p", [photo("own")], NOW)
    for day in range(1, 30):
        formed = form_reference_set("s", "p", [*formed.photos, by_key(f"k{day}", day=day)], NOW)
    assert formed.photos[0].id == "own"
    assert len(formed.photos) == MAX_REFERENCES


def test_a_photo_that_nobody_may_count_is_no_anchor() -> None:
    upload = by_key("self", source=PhotoSource.SELF_UPLOAD)
    formed = form_reference_set("s", "p", [upload, by_key("chip", day=1)], NOW)
    assert ids(formed.anchors) == ["chip"]


def test_staff_who_looked_stand_above_files_and_files_above_keys() -> None:
    photos = [photo("looked", looked_at=True), photo("file"), by_key("key")]
    assert [one.standing for one in photos] == [Standing.CONFIRMED, Standing.OWN_FILES, Standing.BY_KEY]


def test_a_set_is_one_keys_word_only_while_nobody_else_has_a_photo_in_it() -> None:
    alone = form_reference_set("s", "p", [by_key("a"), by_key("b", day=1)], NOW)
    assert alone.is_word_of("api_key:county")
    assert not alone.is_word_of("api_key:bank")
    assert not alone.is_word_of("cli")
    assert not form_reference_set("s", "p", [*alone.photos, photo("own")], NOW).is_word_of("api_key:county")
