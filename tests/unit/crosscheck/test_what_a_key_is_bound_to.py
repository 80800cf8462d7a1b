"""A new key that sends files of registries names kinds that there are, and one source."""

from __future__ import annotations

import pytest

from auth_service.accounts.credentials import RegistryBinding
from auth_service.accounts.roles import Scope
from auth_service.core.errors import FieldInvalid, FieldTooLong, RegistryBindingMissing, ServiceError
from auth_service.crosscheck.bindings import binding_for, speaks_for_another
from auth_service.crosscheck.sources import SOURCES, RegistryKind

SENDS = (Scope.FLAGS, Scope.REGISTRY)


def test_kinds_are_kept_sorted_and_once_and_the_source_under_its_name_here() -> None:
    assert binding_for(SENDS, " marriage,death, death ,", " 民政局 ") == RegistryBinding(
        ("death", "marriage"), "civil_affairs"
    )
    assert binding_for(SENDS, "death", "某某县数据局") == RegistryBinding(("death",), "某某县数据局")
    assert binding_for((Scope.VERIFY,), "", " ") is None


@pytest.mark.parametrize(
    ("scopes", "kinds", "source", "error", "field"),
    [
        (SENDS, "", "", RegistryBindingMissing, "kinds"),
        (SENDS, " , ", "民政", RegistryBindingMissing, "kinds"),
        (SENDS, "death", " ", RegistryBindingMissing, "source"),
        (SENDS, "death,deaths", "民政", FieldInvalid, "kinds"),
        (SENDS, "all", "民政", FieldInvalid, "kinds"),
        (SENDS, "Death", "民政", FieldInvalid, "kinds"),
        (SENDS, "*", "民政", FieldInvalid, "kinds"),
        (SENDS, "death", "x" * 65, FieldTooLong, "source"),
        (SENDS, "death", "民\n政", FieldInvalid, "source"),
        ((Scope.VERIFY,), "death", "", FieldInvalid, "kinds"),
        ((Scope.VERIFY,), "", "民政", FieldInvalid, "source"),
    ],
)
def test_what_binds_a_key_to_nothing_or_to_what_is_not_is_refused(
    scopes: tuple[Scope, ...], kinds: str, source: str, error: type[ServiceError], field: str
) -> None:
    with pytest.raises(error) as refused:
        binding_for(scopes, kinds, source)
    assert (type(refused.value), refused.value.field) == (error, field)


def test_all_kinds_find_room_in_the_record_of_a_key() -> None:
    every = binding_for(SENDS, ",".join(RegistryKind), "民政")
    assert every is not None
    assert len(",".join(every.kinds)) <= 200


def test_a_row_speaks_for_its_sender_unless_it_names_somebody_else() -> None:
    for words in ("", "  ", "civil_affairs", *SOURCES["civil_affairs"], " 民政 "):
        assert not speaks_for_another({"source": words}, "civil_affairs"), words
    assert not speaks_for_another({}, "civil_affairs")
    for words in ("police", "公安", "民政 局", "civil affairs", "民政\u200b"):
        assert speaks_for_another({"source": words}, "civil_affairs"), words
