"""Names are kept as given and compared after folding."""

from __future__ import annotations

import pytest

from auth_service.beneficiaries.names import MAX_NAME_LENGTH, check_name, folded_name
from auth_service.core.errors import FieldMissing, FieldTooLong, NameInvalid


@pytest.mark.parametrize(
    "name",
    [
        "王", "张三", "阿卜杜拉·买买提", "\U00020BB7田花子", "\U000323B0某", "\ue863某", "ئابدۇللا",
        "O'Brien-Smith", "Robert'); DROP TABLE people;--", "<b>王</b>", "=SUM(A1)", "赵" * 60, "a" * MAX_NAME_LENGTH,
    ],
)  # fmt: skip
def test_a_name_is_kept_exactly_as_it_was_given(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["张\n三", "张\x00三", "\u202e三张", "张\u200b三", "😀王", "张\u2028三"])
def test_control_format_and_picture_characters_are_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        check_name(name)


def test_an_empty_and_an_overlong_name_have_their_own_codes() -> None:
    with pytest.raises(FieldMissing):
        check_name("  ")
    with pytest.raises(FieldTooLong):
        check_name("a" * (MAX_NAME_LENGTH + 1))


@pytest.mark.parametrize("dot", ["·", "•", "‧", "・", "．", "."])
def test_the_dots_of_minority_names_are_one_dot(dot: str) -> None:
    assert folded_name(f"阿卜杜拉{dot}买买提") == "阿卜杜拉·买买提"


def test_width_case_and_spaces_do_not_make_another_name() -> None:
    assert folded_name(" Ａnna  Li ") == folded_name("ANNA LI") == "annali"
