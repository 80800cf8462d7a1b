"""What a key that sends files of registries is bound to: kinds, and the one source it speaks for."""

from __future__ import annotations

from collections.abc import Mapping

from auth_service.accounts.credentials import RegistryBinding
from auth_service.accounts.roles import Scope
from auth_service.beneficiaries.ledger import check_text
from auth_service.core.errors import FieldInvalid, RegistryBindingMissing
from auth_service.crosscheck.sources import RegistryKind, source_named

LONGEST_SOURCE = 64
"""Characters. source: the column of registries that names one"""


def binding_for(scopes: tuple[Scope, ...], kinds: str, source: str) -> RegistryBinding | None:
    """What a new key is bound to; None for one that sends no files of registries.

    kinds   comma-separated words of RegistryKind; source: as a file would write it, 民政 or civil_affairs
    raises  RegistryBindingMissing (a key with the scope `registry` that names no kind or no source), FieldTooLong,
            FieldInvalid (no such kind, control characters, or a binding without that scope)
    """
    known = _kinds(kinds)
    named = source_named(check_text({"source": source}, "source", LONGEST_SOURCE) or "")
    if Scope.REGISTRY not in scopes:
        if known or named:
            raise FieldInvalid("only for keys of the scope registry", field="kinds" if known else "source")
        return None
    if not known or not named:
        raise RegistryBindingMissing(field="source" if known else "kinds")
    return RegistryBinding(known, named)


def speaks_for_another(values: Mapping[str, str], source: str) -> bool:
    """Whether a row, in our columns, names another source than this one. A row that names none is this one's."""
    told = values.get("source", "").strip()
    return bool(told) and source_named(told) != source


def _kinds(text: str) -> tuple[str, ...]:
    """Sorted, each once. raises FieldInvalid"""
    words = {part.strip() for part in text.split(",") if part.strip()}
    if not words <= set(RegistryKind):
        raise FieldInvalid(f"kinds: {', '.join(RegistryKind)}", field="kinds")
    return tuple(sorted(words))
