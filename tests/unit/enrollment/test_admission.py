"""Which photos may join the references of a person."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from auth_service.core.errors import FieldInvalid, TemplatesIncomparable
from auth_service.enrollment.admission import admit
from auth_service.enrollment.references import MAX_REFERENCES, ReferencePhoto, form_reference_set
from auth_service.enrollment.sources import PhotoSource, parse_photo_source
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template

NOW = datetime(2026, 3, 10, tzinfo=UTC)
ENGINE = EngineIdentity("fake", "0" * 64)


def photo(
    name: str,
    face: float = 1.0,
    source: PhotoSource = PhotoSource.REGISTER,
    *,
    looked_at: bool = False,
    taken: date | None = None,
    engine: EngineIdentity = ENGINE,
) -> ReferencePhoto:
    template = Template(engine, np.array([face, 1.0], dtype=np.float32), 1, mirrored=True)
    return ReferencePhoto(name, source, taken, NOW, template, PhotoHash(name.encode(), 0, 0), looked_at)


def alike(one: ReferencePhoto, other: ReferencePhoto) -> bool:
    return abs(float(one.template.vector[0] - other.template.vector[0])) < 1.0


def test_the_first_photo_of_a_person_joins() -> None:
    assert [p.id for p in admit([photo("a")], None, alike).joined] == ["a"]


def test_only_a_match_joins_a_set_in_force() -> None:
    admission = admit([photo("stranger", 9.0, PhotoSource.OFFICER), photo("same")], lambda p: p.id == "same", alike)
    assert [p.id for p in admission.joined] == ["same"]
    assert [p.id for p in admission.differing] == ["stranger"]


def test_many_offered_photos_of_a_stranger_cannot_outvote_the_photo_in_force() -> None:
    offered = [photo(f"stranger{n}", 9.0, PhotoSource.OFFICER) for n in range(5)]
    assert not admit(offered, lambda _: False, alike).joined


def test_among_first_photos_the_best_source_decides_who_it_is() -> None:
    admission = admit([photo("card", 9.0, PhotoSource.CARD), photo("officer", 1.0, PhotoSource.OFFICER)], None, alike)
    assert [p.id for p in admission.joined] == ["officer"]
    assert [p.id for p in admission.differing] == ["card"]


@pytest.mark.parametrize("place", range(4))
def test_a_single_wrong_photo_in_a_folder_is_the_one_refused_wherever_it_stands(place: int) -> None:
    offered = [photo(f"wang{n}", 1.0 + n / 10) for n in range(3)]
    offered.insert(place, photo("wrong", 9.0))
    assert [p.id for p in admit(offered, None, alike).differing] == ["wrong"]


def test_a_set_keeps_the_best_ranked_and_newest_photos() -> None:
    photos = [photo(f"r{n}", taken=date(2020 + n, 1, 1)) for n in range(6)]
    photos.append(photo("officer", source=PhotoSource.OFFICER, taken=date(2001, 1, 1)))
    kept = [p.id for p in form_reference_set("s", "p", photos, NOW).photos]
    assert kept == ["officer", "r5", "r4", "r3"]
    assert len(kept) == MAX_REFERENCES


def test_the_template_is_the_mean_over_the_usable_photos_only() -> None:
    formed = form_reference_set(
        "s", "p", [photo("a", 1.0), photo("b", 2.0), photo("self", 9.0, PhotoSource.SELF_UPLOAD)], NOW
    )
    assert formed.template is not None
    assert formed.template.images == 2
    assert formed.template.vector.tolist() == [1.5, 1.0]


def test_a_self_upload_alone_gives_nothing_to_compare_with_until_a_human_looked() -> None:
    unseen = form_reference_set("s", "p", [photo("self", source=PhotoSource.SELF_UPLOAD)], NOW)
    assert unseen.template is None
    seen = form_reference_set("s", "p", [photo("self", source=PhotoSource.SELF_UPLOAD, looked_at=True)], NOW)
    assert seen.template is not None
    assert seen.alone_self_uploaded


def test_photos_of_two_engines_do_not_make_one_set() -> None:
    with pytest.raises(TemplatesIncomparable):
        form_reference_set("s", "p", [photo("a"), photo("b", engine=EngineIdentity("other", "1" * 64))], NOW)


def test_a_source_is_known_by_its_code_and_by_its_chinese_word() -> None:
    assert parse_photo_source(" officer ") is parse_photo_source("现场采集") is PhotoSource.OFFICER
    with pytest.raises(FieldInvalid):
        parse_photo_source("朋友圈")
