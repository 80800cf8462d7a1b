"""`matching.manifests`: every refusal has a code, and names row and column."""

from __future__ import annotations

import pytest

from auth_service.core.errors import ColumnsMissing, FieldInvalid, FieldMissing, FileUnreadable, InputRefused
from auth_service.matching.manifests import (
    ImageRow,
    PairRow,
    Role,
    assign_roles,
    people_of_pairs,
    read_images,
    read_pairs,
    read_suspects,
)

PAIRS = b"path_a,path_b,mated,light\na/1.jpg,a/2.jpg,1,day\na/1.jpg,b/1.jpg,0,night\n"


def test_pairs_are_read_with_their_stratum_in_any_column_order() -> None:
    assert read_pairs(PAIRS, "light") == [
        PairRow("a/1.jpg", "a/2.jpg", mated=True, stratum="day"),
        PairRow("a/1.jpg", "b/1.jpg", mated=False, stratum="night"),
    ]
    assert read_pairs(b"mated,path_b,path_a\nTRUE, b.jpg ,a.jpg\n")[0] == PairRow("a.jpg", "b.jpg", True, "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_names_are_read_in_each_encoding_that_is_promised(encoding: str) -> None:
    rows = read_images("path,subject\n照片/张三.jpg,张三\n".encode(encoding), with_roles=False)
    assert rows == [ImageRow("照片/张三.jpg", "张三", None)]


@pytest.mark.parametrize(
    ("data", "error", "named"),
    [
        (b"", ColumnsMissing, "path_a"),
        (b"path_a,path_b\na,b\n", ColumnsMissing, "mated"),
        (b"path_a,path_b,mated\n", FileUnreadable, "no rows"),
        (b"path_a,path_b,mated\na,,1\n", FieldMissing, "row 2"),
        (b"path_a,path_b,mated\na,b,1\na,c\n", FieldMissing, "row 3"),
        (b"path_a,path_b,mated\na,b,maybe\n", FieldInvalid, "row 2"),
        (b"path_a,path_b,mated\na,a,1\n", FieldInvalid, "itself"),
        (b"path_a,path_b,mated\n../a,b,1\n", FieldInvalid, "root"),
        (b"path_a,path_b,mated\n/etc/a,b,1\n", FieldInvalid, "root"),
        (b"path_a,path_b,mated\nx\\..\\..\\a,b,1\n", FieldInvalid, "root"),
        (b'path_a,path_b,mated\n"a,b,1\n', FileUnreadable, "row 1"),
        (b"path_a,path_b,mated\na\0,b,1\n", FileUnreadable, "text"),
        (b"\xff\xff\xff\xff", FileUnreadable, "text"),
    ],
)
def test_a_bad_pairs_file_gives_its_code_and_its_place(data: bytes, error: type[InputRefused], named: str) -> None:
    with pytest.raises(error) as refused:
        read_pairs(data)
    assert type(refused.value) is error
    assert named in refused.value.detail
    assert refused.value.text("zh") != refused.value.text("en")


def test_a_stratum_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ColumnsMissing, match="age"):
        read_pairs(PAIRS, "age")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"path,subject,role\na.jpg,a,gallery\n", FieldInvalid),
        (b"path,subject,role\na.jpg,a,reference\na.jpg,a,probe\n", FieldInvalid),
        (b"path,subject,role\na.jpg,a,reference\na.jpg,b,reference\n", FieldInvalid),
        (b"path,subject\na.jpg,a\n", ColumnsMissing),
    ],
)
def test_an_image_has_one_subject_and_one_known_role(data: bytes, error: type[InputRefused]) -> None:
    with pytest.raises(error):
        read_images(data, with_roles=True)


def test_roles_go_by_name_and_people_with_too_few_images_are_left_out() -> None:
    images = [ImageRow(f"{who}/{n}.jpg", who, None) for who, most in (("b", 4), ("a", 2)) for n in range(most, 0, -1)]
    assert [(row.path, row.role) for row in assign_roles(images, 2, 1)] == [
        ("b/1.jpg", Role.REFERENCE),
        ("b/2.jpg", Role.REFERENCE),
        ("b/3.jpg", Role.PROBE),
    ]


def pair(a: str, b: str, *, mated: bool) -> PairRow:
    return PairRow(a, b, mated, "")


def test_images_joined_by_mated_pairs_are_one_person() -> None:
    people = people_of_pairs(
        [
            pair("c", "d", mated=True),
            pair("a", "b", mated=True),
            pair("b", "c", mated=True),
            pair("a", "z", mated=False),
        ]
    )
    assert people["a"] == people["b"] == people["c"] == people["d"]
    assert people["z"] != people["a"]
    assert sorted(set(people.values())) == [0, 1]


def test_labels_that_contradict_each_other_are_refused() -> None:
    rows = [pair("a", "b", mated=True), pair("b", "c", mated=True), pair("a", "c", mated=False)]
    with pytest.raises(FieldInvalid, match="row 4"):
        people_of_pairs(rows)


def test_suspect_pairs_are_found_in_either_order() -> None:
    suspects = read_suspects(b"path_a,path_b,mated\nx,y,1\n")
    assert pair("y", "x", mated=True).key in suspects
    assert pair("y", "z", mated=True).key not in suspects
