"""People who are alike by birth: said by one member of staff, confirmed by another."""

from __future__ import annotations

from enum import StrEnum


class Relation(StrEnum):
    """Why two faces are alike though the people are two."""

    TWIN = "twin"
    SIBLING = "sibling"


class KinAct(StrEnum):
    """What was done about a pair; the newest act counts."""

    DECLARED = "declared"
    """One member of staff said so: listed, and exempt from nothing yet."""
    CONFIRMED = "confirmed"
    """A second one saw the papers too: no scan puts this pair before a monitor any more."""
    WITHDRAWN = "withdrawn"
    """Taken back, by one: the next scan looks at the pair again."""


FOLLOWS: dict[KinAct, frozenset[KinAct | None]] = {
    KinAct.DECLARED: frozenset({None, KinAct.WITHDRAWN}),
    KinAct.CONFIRMED: frozenset({KinAct.DECLARED}),
    KinAct.WITHDRAWN: frozenset({KinAct.DECLARED, KinAct.CONFIRMED}),
}
"""Which act may come after which; None: nothing was said yet."""


def in_order(one: str, other: str) -> tuple[str, str]:
    """A pair of person ids as it is kept: the smaller first."""
    return (one, other) if one < other else (other, one)
