"""What a member of staff says of a pilot's session: a living person or a species, under a number that names nobody."""

from __future__ import annotations

import pytest

from auth_service.core.errors import FieldInvalid
from auth_service.liveness.pilot import tag_of


def test_living_people_and_attacks_lie_apart() -> None:
    assert tag_of("live", "p017", "li").place == ("bona_fide", "p017")
    assert tag_of("print", "p017", "li").place == ("attacks", "print", "p017")


@pytest.mark.parametrize(
    ("label", "subject"),
    [
        ("live", ""),
        ("live", "王秀英"),
        ("live", "../up"),
        ("live", ".hidden"),
        ("live", "130203194805020123"),
        ("live", "13800138000"),
        ("live", "a" * 33),
        ("reference", "p017"),
        ("a/b", "p017"),
        ("", "p017"),
    ],
)
def test_a_name_a_number_of_the_state_or_a_path_is_refused(label: str, subject: str) -> None:
    with pytest.raises(FieldInvalid):
        tag_of(label, subject, "li")
