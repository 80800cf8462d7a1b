"""What is wrong with a kiosk's records follows from which of them are there, not from how they came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from auth_service.capture.offline_chain import (
    FIRST,
    ChainFault,
    ChainState,
    Link,
    Near,
    Standing,
    fault_of,
    is_gap_for_good,
    standing_of,
)

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def chain(names: Sequence[str], first: int = 1, previous: str = FIRST) -> list[Link]:
    links = []
    for counter, name in enumerate(names, start=first):
        links.append(Link(counter, previous, hashlib.sha256(f"{previous}{name}".encode()).hexdigest()))
        previous = links[-1].digest
    return links


class Shelf:
    """The records of one device as they come: a set, and what is near each."""

    def __init__(self, links: Iterable[Link] = ()) -> None:
        self.links: dict[str, Link] = {}
        for link in links:
            self.links.setdefault(link.digest, link)

    def faults(self) -> dict[str, ChainFault | None]:
        return {link.digest: fault_of(link, self.near(link)) for link in self.links.values()}

    def near(self, link: Link) -> Near:
        others = [other for other in self.links.values() if other.digest != link.digest]
        return Near(
            same=[other.digest for other in others if other.counter == link.counter],
            twins=[o.digest for o in others if o.counter != link.counter and o.previous == link.previous],
            before=[other.digest for other in others if other.counter == link.counter - 1],
        )

    def standings(self, *, judged: bool) -> dict[int, set[Standing]]:
        """By counter. judged: missing records were waited for."""
        faults = self.faults()
        gaps = [self.links[one].counter for one, fault in faults.items() if fault is ChainFault.GAP]
        bad = [self.links[one].counter for one, fault in faults.items() if fault not in {None, ChainFault.GAP}]
        state = ChainState(min([*bad, *(gaps if judged else [])], default=None), min(gaps, default=None))
        found: dict[int, set[Standing]] = {}
        for link in self.links.values():
            fault = faults[link.digest]
            if judged and fault is ChainFault.GAP:
                fault = None  # its own gap is among the faults of the state now
            found.setdefault(link.counter, set()).add(standing_of(link, fault, state))
        return found


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Link], list[Link]]:
    """Records of a kiosk and perhaps of its copy, some lost: once in their order, once shuffled and repeated."""
    links = chain([f"a{n}" for n in range(draw(st.integers(1, 12)))])
    if draw(st.booleans()):
        at = draw(st.integers(0, len(links)))
        before = links[at - 1].digest if at else FIRST
        links += chain([f"b{n}" for n in range(draw(st.integers(1, 5)))], at + 1, before)
    lost = draw(st.sets(st.integers(0, len(links) - 1), max_size=3))
    kept = [link for place, link in enumerate(links) if place not in lost]
    again = draw(st.lists(st.sampled_from(kept), max_size=10)) if kept else []
    return kept, draw(st.permutations([*kept, *again]))


@given(arrivals())
def test_any_order_and_any_repetition_end_in_the_same(came: tuple[list[Link], list[Link]]) -> None:
    ordered, shuffled = Shelf(came[0]), Shelf(came[1])
    assert ordered.faults() == shuffled.faults()
    for judged in (False, True):
        assert ordered.standings(judged=judged) == shuffled.standings(judged=judged)


@given(st.integers(1, 20), st.randoms())
def test_a_whole_chain_has_no_fault_however_it_comes(length: int, random: object) -> None:
    links = chain([str(n) for n in range(length)])
    random.shuffle(links)  # type: ignore[attr-defined]
    shelf = Shelf(links)
    assert set(shelf.faults().values()) == {None}
    assert set.union(*shelf.standings(judged=False).values()) == {Standing.FITS}


def test_counters_seven_five_six_wait_and_then_fit() -> None:
    links = chain([str(n) for n in range(7)])
    shelf = Shelf([*links[:4], links[6]])
    assert shelf.standings(judged=False)[7] == {Standing.WAITS}
    shelf = Shelf([*links[:4], links[6], links[4]])
    assert shelf.standings(judged=False)[5] == {Standing.FITS}
    assert shelf.standings(judged=False)[7] == {Standing.WAITS}
    assert set.union(*Shelf(links).standings(judged=False).values()) == {Standing.FITS}


def test_above_a_missing_record_all_wait_and_are_then_held() -> None:
    links = chain([str(n) for n in range(6)])
    shelf = Shelf([link for link in links if link.counter != 3])
    assert [shelf.faults()[link.digest] for link in links if link.counter != 3] == [
        None, None, ChainFault.GAP, None, None,
    ]  # fmt: skip
    before = shelf.standings(judged=False)
    after = shelf.standings(judged=True)
    assert [before[n] for n in (1, 2, 4, 5, 6)] == [{Standing.FITS}] * 2 + [{Standing.WAITS}] * 3
    assert [after[n] for n in (1, 2, 4, 5, 6)] == [{Standing.FITS}] * 2 + [{Standing.HELD}] * 3


def test_a_copied_kiosk_makes_a_fork_and_everything_above_it_is_held() -> None:
    links = chain([str(n) for n in range(5)])
    copied = chain(["x", "y", "z"], 4, links[2].digest)
    shelf = Shelf([*links, *copied])
    faults = shelf.faults()
    assert [faults[one.digest] for one in (links[3], copied[0], links[4], copied[1])] == [ChainFault.FORK] * 4
    assert faults[copied[2].digest] is None, "its own place is unambiguous, and it is held all the same"
    standings = shelf.standings(judged=False)
    assert [standings[n] for n in range(1, 7)] == [{Standing.FITS}] * 3 + [{Standing.HELD}] * 3


def test_a_record_of_another_past_is_broken_off() -> None:
    links, other = chain(["1", "2", "3"]), chain(["other", "2", "3"])
    shelf = Shelf([links[0], links[1], other[2]])
    assert shelf.faults()[other[2].digest] is ChainFault.BROKEN


def test_two_records_that_name_the_same_before_them_are_a_fork_whatever_their_counters() -> None:
    links = chain(["1", "2"])
    skipped = Link(3, links[0].digest, "f" * 64)
    faults = Shelf([*links, skipped]).faults()
    assert (faults[links[1].digest], faults[skipped.digest]) == (ChainFault.FORK, ChainFault.FORK)


def test_a_gap_is_judged_once_the_kiosk_is_quiet_or_after_a_day() -> None:
    waits = timedelta(minutes=15), timedelta(hours=24)
    came = NOW - timedelta(hours=3)
    still = NOW - timedelta(minutes=14)
    assert not is_gap_for_good(came, still, NOW, waits)
    assert is_gap_for_good(came, NOW - timedelta(minutes=15), NOW, waits)
    assert is_gap_for_good(NOW - timedelta(hours=24), still, NOW, waits)
