"""What a capture session asks of the person: motions in a random order, and on the flash route a row of colours.

A film made before the challenge was drawn answers it by chance only. `bits` says how rarely, by counting.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise, product

from auth_service.core.errors import NoChallengeLeft

Below = Callable[[int], int]
"""A uniformly random whole number below its argument, as `secrets.randbelow`."""


class Motion(StrEnum):
    """What the person is asked to do. Left and right are the person's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"
    LOOK_UP = "look_up"
    COME_CLOSER = "come_closer"


TURNS = frozenset({Motion.TURN_LEFT, Motion.TURN_RIGHT})
"""Every challenge holds one: only a turn shows that a face is no plane (liveness/geometry.py)."""


class Colour(StrEnum):
    """What the screen shows. None is a saturated red. source: WCAG 2.3.1; trust.md 1.5 L2"""

    WHITE = "white"
    BLUE = "blue"
    GREEN = "green"
    DARK = "dark"


SHOWN_RGB: dict[Colour, tuple[int, int, int]] = {
    Colour.WHITE: (255, 255, 255),
    Colour.BLUE: (0, 0, 255),
    Colour.GREEN: (0, 255, 0),
    Colour.DARK: (0, 0, 0),
}
"""sRGB 0..255 of the page's whole screen, which liveness/flash.py looks for in the skin's reflection."""

FLASHES = 8
FLASH_MS = 400
"""2.5 changes a second, below the three of WCAG 2.3.1."""


class Route(StrEnum):
    """Which proofs a session gathers."""

    FLASH = "flash"
    NO_FLASH = "no_flash"
    """Never sufficient alone: a possession factor is added, or a person looks."""


class Accommodation(StrEnum):
    """What a person cannot do, or not well. Each removes what it makes impossible, and the rest is asked."""

    CANNOT_TURN = "cannot_turn"
    CANNOT_STAND_LIGHT = "cannot_stand_light"
    CANNOT_HEAR = "cannot_hear"
    TREMOR = "tremor"
    BEDRIDDEN = "bedridden"


_WITHOUT: dict[Accommodation, frozenset[Motion]] = {
    Accommodation.CANNOT_TURN: TURNS,
    Accommodation.BEDRIDDEN: frozenset({Motion.COME_CLOSER, Motion.LOOK_UP}),
}
_FEWEST = {Route.FLASH: 2, Route.NO_FLASH: 3}
_MOST = 4
"""Motions in one session; more would tire whom we ask. source: own decision"""
HOLD_MS = (300, 600, 900)
"""How long a motion is held before the way back; drawn for each."""
LEAST_BITS = {Route.FLASH: 16.0, Route.NO_FLASH: 6.0}
"""Against a recording. source: trust.md 1.5 L1 and L2"""


@dataclass(frozen=True, slots=True)
class Ask:
    """One motion, held for `hold_ms` before the person looks straight again."""

    motion: Motion
    hold_ms: int


class StepKind(StrEnum):
    """What the frames of one step show."""

    NEUTRAL = "neutral"
    """The person looks straight: the baseline of everything that follows."""
    MOTION = "motion"
    FLASH = "flash"


@dataclass(frozen=True, slots=True)
class Planned:
    """Step `n` of a session, from 0."""

    n: int
    kind: StepKind
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """flash  empty on the route without"""

    route: Route
    asks: tuple[Ask, ...]
    flash: tuple[Colour, ...] = ()

    @property
    def steps(self) -> tuple[Planned, ...]:
        """Neutral first, then the motions in their order, then the colours."""
        motions = [Planned(n, StepKind.MOTION, ask) for n, ask in enumerate(self.asks, start=1)]
        colours = [Planned(len(motions) + 1, StepKind.FLASH)] if self.flash else []
        return (Planned(0, StepKind.NEUTRAL), *motions, *colours)


def route_for(wished: Route, accommodations: Iterable[Accommodation]) -> Route:
    """The route that a person can take."""
    return Route.NO_FLASH if Accommodation.CANNOT_STAND_LIGHT in set(accommodations) else wished


def draw(route: Route, accommodations: Iterable[Accommodation] = (), below: Below = secrets.randbelow) -> Challenge:
    """One of all challenges of a route, each as likely as any other.

    raises  NoChallengeLeft: what the person can do leaves fewer than LEAST_BITS; another way is open
    """
    known = frozenset(accommodations)
    if bits(route, known) < LEAST_BITS[route]:
        raise NoChallengeLeft
    orders = motion_orders(known, motions_asked(route, known))
    chosen = orders[below(len(orders))]
    asks = tuple(Ask(motion, HOLD_MS[below(len(HOLD_MS))]) for motion in chosen)
    return Challenge(route, asks, tuple(_colours(below)) if route is Route.FLASH else ())


def redraw(
    challenge: Challenge, n: int, accommodations: Iterable[Accommodation] = (), below: Below = secrets.randbelow
) -> Challenge:
    """Step `n` and all after it anew, each of what may follow the motions before it as likely as any other."""
    kept = challenge.asks[: max(0, n - 1)]
    before = tuple(ask.motion for ask in kept)
    orders = motion_orders(frozenset(accommodations), len(challenge.asks))
    fitting = [order for order in orders if order[: len(before)] == before]
    chosen = fitting[below(len(fitting))]
    fresh = (Ask(motion, HOLD_MS[below(len(HOLD_MS))]) for motion in chosen[len(before) :])
    return Challenge(challenge.route, (*kept, *fresh), tuple(_colours(below)) if challenge.flash else ())


def _colours(below: Below) -> Iterator[Colour]:
    """No colour twice in a row: a change that does not show proves nothing."""
    before: Colour | None = None
    for _ in range(FLASHES):
        open_to = [colour for colour in Colour if colour is not before]
        before = open_to[below(len(open_to))]
        yield before


def motions_asked(route: Route, accommodations: frozenset[Accommodation] = frozenset()) -> int:
    """How many motions a session asks for: as few as give LEAST_BITS, and no more than anybody should be asked for."""
    counts = range(_FEWEST[route], _MOST + 1)
    return next((n for n in counts if _bits(route, accommodations, n) >= LEAST_BITS[route]), _MOST)


@cache
def motion_orders(accommodations: frozenset[Accommodation], count: int) -> tuple[tuple[Motion, ...], ...]:
    """All orders of `count` motions that may be asked: one turn at least, and no motion twice in a row."""
    removed = frozenset[Motion]().union(*(_WITHOUT.get(one, frozenset()) for one in accommodations))
    able = [motion for motion in Motion if motion not in removed]
    return tuple(
        order
        for order in product(able, repeat=count)
        if TURNS & set(order) and all(one is not then for one, then in pairwise(order))
    )


def bits(route: Route, accommodations: frozenset[Accommodation] = frozenset()) -> float:
    """log2 of the number of challenges that look different on a film; holds are not counted, for frames are coarse.

    0.0 where none is left.
    """
    return _bits(route, accommodations, motions_asked(route, accommodations))


def _bits(route: Route, accommodations: frozenset[Accommodation], count: int) -> float:
    orders = len(motion_orders(accommodations, count))
    colours = len(Colour) * (len(Colour) - 1) ** (FLASHES - 1) if route is Route.FLASH else 1
    return math.log2(orders * colours) if orders else 0.0
