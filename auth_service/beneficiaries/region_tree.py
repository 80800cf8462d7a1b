"""The regions as they change: a village is merged, a county gets another code, and what was written down stays valid.

The statistical code holds the tree: a place lies in whatever its code begins with. Only ends need to be known beside
it. An old code is never refused; it is read as the place, or the places, that it became.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LENGTHS = (2, 4, 6, 9, 12)
"""Digits of a province, city, county, town and village. source: GB/T 2260, GB/T 10114, the statistical 12-digit code"""


class Change(StrEnum):
    """What became of a place whose code ended."""

    RECODED = "recoded"
    """更名, 变更代码, 撤县设市: the same place with another code; the codes beneath it go on with the new beginning."""
    MERGED = "merged"
    """合并: it lies in its successor; of the codes beneath it no more is known than that."""
    SPLIT = "split"
    """拆分: it lies in one of several, and the code does not say in which."""
    ABOLISHED = "abolished"
    """撤销: nobody lives there any more; who still has the code stays where they were."""


@dataclass(frozen=True, slots=True)
class Region:
    """One place as a file told it. valid_to: the last day of the code; successors: in codes, shortest form"""

    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    change: Change | None = None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a code. on: its last day; None: long ago"""

    change: Change
    successors: tuple[str, ...]
    on: date | None = None


KNOWN: dict[str, Ended] = {"130223": Ended(Change.RECODED, ("130284",))}
"""Known without a file. source: domain.md section 10, 滦县 became 滦州市 in 2018."""


def shortest(code: str) -> str:
    """The code without the zeros of levels that it does not name: 130202000000 -> 130202, 130200 -> 1302."""
    while len(code) in LENGTHS[1:] and not code[LENGTHS[LENGTHS.index(len(code)) - 1] :].strip("0"):
        code = code[: LENGTHS[LENGTHS.index(len(code)) - 1]]
    return code


def parent_of(code: str) -> str:
    """The region that holds this one; empty for a province."""
    above = [length for length in LENGTHS if length < len(code)]
    return code[: above[-1]] if above else ""


def ancestors_of(code: str) -> tuple[str, ...]:
    """The code itself and every level above it, the smallest first."""
    return tuple(code[:length] for length in reversed(LENGTHS) if length <= len(code))


@dataclass(frozen=True, slots=True)
class Spelling:
    """Codes that begin so, but for those that begin as one of `but`, were written for places of a region."""

    begin: str
    but: tuple[str, ...] = ()

    def holds(self, code: str) -> bool:
        return code.startswith(self.begin) and not code.startswith(self.but)


class Regions:
    """The tree on one day. ended: code -> what became of it, without ends that are still to come."""

    def __init__(self, ended: Mapping[str, Ended] | None = None) -> None:
        self.ended = KNOWN if ended is None else ended
        self._today: dict[str, tuple[str, ...]] = {}

    def today(self, code: str) -> tuple[str, ...]:
        """The code or codes of the same place now; several where it was split, sorted."""
        known = self._today.get(code)
        if known is None:
            known = self._today[code] = tuple(sorted(set(self._follow(shortest(code), frozenset()))))
        return known

    def present(self, code: str) -> str:
        """The smallest region of today that surely holds the place; empty only where nothing does."""
        codes = self.today(code)
        if len(codes) == 1:
            return codes[0]
        return next((one for one in ancestors_of(codes[0]) if all(c.startswith(one) for c in codes)), "")

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The regions that a place lies in, from the village up to the province, itself first; today's codes."""
        return ancestors_of(self.present(code))

    def lies_in(self, code: str, region: str) -> bool:
        """Whether a place surely lies in a region or is it; in the empty one lies everything. Both may be old codes."""
        holding = self.today(region)
        return all(place.startswith(holding) for place in self.today(code))

    def spellings(self, region: str) -> tuple[Spelling, ...]:
        """How codes of places that lie in a region may begin, so that a database finds all of them, and no other."""
        points = self._turning_points(region)
        inside = {point: self.lies_in(point, region) for point in points}
        above = {point: _nearest_above(point, points) for point in points}
        turns = {point for point, up in above.items() if inside[point] != (up is not None and inside[up])}
        ends = sorted(point for point in turns if not inside[point])
        begins = sorted(point for point in turns if inside[point])
        return tuple(Spelling(begin, tuple(end for end in ends if end.startswith(begin))) for begin in begins)

    def loops(self, code: str) -> bool:
        """Whether following this code leads back to a code that was passed before."""
        return self._leads_back(shortest(code), frozenset())

    def _next(self, code: str) -> tuple[str, ...]:
        """What a code became at once, by the longest beginning of it that ended; itself where it goes on."""
        begin = next((one for one in ancestors_of(code) if one in self.ended), None)
        if begin is None or not self.ended[begin].successors:
            return (code,)
        end = self.ended[begin]
        if end.change is Change.RECODED:
            return tuple(successor + code[len(begin) :] for successor in end.successors)
        return end.successors

    def _follow(self, code: str, passed: frozenset[str]) -> Iterator[str]:
        for following in self._next(code):
            if following == code or following in passed:  # a loop is refused on import; here it only has to end
                yield following
            else:
                yield from self._follow(following, passed | {code})

    def _leads_back(self, code: str, passed: frozenset[str]) -> bool:
        following = [one for one in self._next(code) if one != code]
        return any(one in passed or self._leads_back(one, passed | {code}) for one in following)

    def _turning_points(self, region: str) -> set[str]:
        """Beginnings at which the answer may change: the region, every end, and both as old codes would spell them."""
        olds: dict[str, list[str]] = {}
        for old, end in self.ended.items():
            for new in end.successors if end.change is Change.RECODED else ():
                olds.setdefault(new, []).append(old)
        points: set[str] = set()
        fresh = {*self.today(region), *self.ended}
        while fresh:
            points |= fresh
            fresh = {
                old + point[len(new) :]
                for point in fresh
                for new in (point[:place] for place in range(len(point)))
                for old in olds.get(new, ())
            } - points
        return points


def _nearest_above(point: str, points: set[str]) -> str | None:
    """The longest of these that is a beginning of a point; None: none is."""
    return next((point[:place] for place in range(len(point) - 1, -1, -1) if point[:place] in points), None)
