"""What the portrait of a card's chip says beside a capture: doubts, or nothing. It never passes anybody.

A card shows who it belongs to, not who holds it, and its portrait may be twenty years old.
source   domain.md section 2 (kiosks): the portrait is compared in memory and kept nowhere
"""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.matching.comparison import ComparisonDecision, Zone


@dataclass(frozen=True, slots=True)
class ChipComparison:
    """The portrait beside the face before the camera, and beside the enrolled photos.

    live, enrolled  None: there was nothing to compare it with
    poor            the portrait is too small or too blurred to doubt anybody by it
    """

    live: ComparisonDecision | None
    enrolled: ComparisonDecision | None
    poor: bool = False

    @property
    def differs(self) -> bool:
        """Whether it is surely of somebody else than one of the two. A poor picture hides a likeness."""
        return not self.poor and any(
            one is not None and one.zone is Zone.NON_MATCH for one in (self.live, self.enrolled)
        )

    @property
    def is_of_the_person(self) -> bool:
        """Whether the face before the camera is the card's."""
        return self.live is not None and self.live.zone is Zone.MATCH

    def doubts(self, comparison: ComparisonDecision | None) -> bool:
        """Whether a fund monitor has to hear of it. Where the living face matches the enrolled photos, the odd one out
        is the card's portrait, most often an old one: a reviewer looks, and nobody is flagged.

        comparison  of the living face with the enrolled photos
        """
        matches = comparison is not None and comparison.zone is Zone.MATCH
        return self.differs and comparison is not None and not matches
