"""Who is scanned, without their faces: a place for each person, and what a second signal is looked for in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from auth_service.matching.duplicates import Signal, pairs_of, share_of

_IN_LEDGER = (Signal.PHONE, Signal.NAME, Signal.PLACE)
_BITS: dict[Signal, int] = {signal: 1 << place for place, signal in enumerate(Signal)}
_ID_BYTES = 32


class Population:
    """People by rising id. Takes 57 bytes a person, beside the 512 of a template of 128 numbers."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._ids = np.zeros(most, dtype=f"S{_ID_BYTES}")
        self.images = np.zeros(most, dtype=np.uint8)
        self._codes = {signal: np.zeros(most, dtype=np.int64) for signal in _IN_LEDGER}
        self._flagged = np.zeros(0, dtype=np.int64)
        self.count = 0

    def add(self, person_id: str, images: int, shared: Mapping[Signal, bytes | None]) -> None:
        """The next one. shared: values that can be compared and not read; None: not known"""
        place = self.count
        self._ids[place] = person_id.encode("ascii")
        self.images[place] = min(images, 255)
        for signal in _IN_LEDGER:
            value = shared.get(signal)
            if value is not None:
                self._codes[signal][place] = _code(value)
        self.count += 1

    def close(self, flagged: Iterable[Sequence[str]]) -> None:
        """Everybody is here. flagged: the people of each flag that names several"""
        keys = []
        for group in flagged:
            places = sorted({place for one in group if (place := self.place_of(one)) is not None})
            keys += [one * self.count + other for at, one in enumerate(places) for other in places[at + 1 :]]
        self._flagged = np.unique(np.array(keys, dtype=np.int64))

    def id_at(self, place: int) -> str:
        return str(self._ids[place].decode("ascii"))

    def behind(self, person_id: str) -> int:
        """The first place whose person comes after this one."""
        return int(np.searchsorted(self._ids[: self.count], np.bytes_(person_id), side="right"))

    def place_of(self, person_id: str) -> int | None:
        place = self.behind(person_id) - 1
        return place if place >= 0 and self.id_at(place) == person_id else None

    def shares(self) -> dict[Signal, float]:
        """Part of all pairs that share each signal."""
        found = {signal: share_of(codes[: self.count]) for signal, codes in self._codes.items()}
        return {**found, Signal.FLAG: len(self._flagged) / max(1, pairs_of(self.count))}

    def masks(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.uint8]:
        """What each pair shares, as bits that `signals` reads."""
        masks = np.zeros(len(first), dtype=np.uint8)
        for signal, codes in self._codes.items():
            one, other = codes[first], codes[second]
            masks[(one > 0) & (one == other)] |= _BITS[signal]
        masks[np.isin(first * self.count + second, self._flagged)] |= _BITS[Signal.FLAG]
        return masks


def _code(value: bytes) -> int:
    """63 bits that stand for a value, never 0; a table of the values themselves would take more than all else here."""
    return int.from_bytes(hashlib.sha256(value).digest()[:8], "big") >> 1 or 1


def signals(mask: int) -> frozenset[Signal]:
    """What the bits of a mask mean."""
    return frozenset(signal for signal, bit in _BITS.items() if mask & bit)
