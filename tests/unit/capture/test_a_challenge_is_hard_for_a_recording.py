"""How many films would have to be at hand, counted; and that no challenge is likelier than another."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise

import pytest

from auth_service.capture.challenge import (
    FLASH_MS,
    LEAST_BITS,
    TURNS,
    Accommodation,
    Colour,
    Motion,
    Route,
    StepKind,
    bits,
    draw,
    motion_orders,
    motions_asked,
    redraw,
    route_for,
)
from auth_service.core.errors import NoChallengeLeft

ABLE: frozenset[Accommodation] = frozenset()


def seeded(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize("route", Route)
def test_whoever_can_do_everything_gets_enough_bits(route: Route) -> None:
    assert bits(route) >= LEAST_BITS[route]


def test_bits_are_counted_not_claimed() -> None:
    """By drawing until nothing new comes: the no-flash route is small enough."""
    chance = seeded(1)
    seen = {tuple(ask.motion for ask in draw(Route.NO_FLASH, (), chance.randrange).asks) for _ in range(5000)}
    assert math.log2(len(seen)) == bits(Route.NO_FLASH)


@pytest.mark.parametrize("route", Route)
def test_every_challenge_turns_the_head_and_repeats_nothing(route: Route) -> None:
    chance = seeded(2)
    for _ in range(500):
        challenge = draw(route, (), chance.randrange)
        motions = [ask.motion for ask in challenge.asks]
        assert TURNS & set(motions)
        assert all(one is not then for one, then in pairwise(motions))
        assert all(one is not then for one, then in pairwise(challenge.flash))
        assert challenge.steps[0].kind is StepKind.NEUTRAL
        assert [step.n for step in challenge.steps] == list(range(len(challenge.steps)))
        assert (challenge.steps[-1].kind is StepKind.FLASH) is (route is Route.FLASH)


def test_every_order_and_every_colour_is_equally_likely() -> None:
    """Chi-squared against equal shares; the limits are of one in a million."""
    chance, draws = seeded(3), 20_000
    drawn = [draw(Route.FLASH, (), chance.randrange) for _ in range(draws)]
    orders = Counter(tuple(ask.motion for ask in one.asks) for one in drawn)
    wanted = draws / len(motion_orders(ABLE, motions_asked(Route.FLASH)))
    assert sum((count - wanted) ** 2 / wanted for count in orders.values()) < 58  # 13 degrees of freedom
    places = Counter((place, colour) for one in drawn for place, colour in enumerate(one.flash))
    share = draws / len(Colour)
    assert sum((count - share) ** 2 / share for count in places.values()) < 75  # 24 degrees of freedom


def test_what_is_drawn_anew_keeps_what_was_done_and_is_as_random_as_the_first() -> None:
    chance, first = seeded(4), draw(Route.NO_FLASH, (), seeded(5).randrange)
    anew = [redraw(first, 2, (), chance.randrange) for _ in range(6000)]
    assert {one.asks[:1] for one in anew} == {first.asks[:1]}
    rest = Counter(tuple(ask.motion for ask in one.asks[1:]) for one in anew)
    following = [order for order in motion_orders(ABLE, len(first.asks)) if order[0] is first.asks[0].motion]
    assert set(rest) == {order[1:] for order in following}
    wanted = len(anew) / len(following)
    assert sum((count - wanted) ** 2 / wanted for count in rest.values()) < 3 * len(following) + 30
    flash = draw(Route.FLASH)
    again = [redraw(flash, 3) for _ in range(50)]
    assert {one.asks for one in again} == {flash.asks}
    assert len({one.flash for one in again}) > 40


def test_the_light_changes_slower_than_hurts_and_is_never_red() -> None:
    assert 1000 / FLASH_MS <= 3
    assert "red" not in {colour.value for colour in Colour}


def test_whoever_cannot_stand_light_is_not_flashed_at() -> None:
    assert route_for(Route.FLASH, [Accommodation.CANNOT_STAND_LIGHT]) is Route.NO_FLASH
    assert route_for(Route.FLASH, [Accommodation.CANNOT_HEAR]) is Route.FLASH


def test_whoever_cannot_turn_is_led_to_another_way() -> None:
    for route in Route:
        with pytest.raises(NoChallengeLeft):
            draw(route, [Accommodation.CANNOT_TURN])


def test_whoever_lies_in_bed_is_asked_for_more_of_what_is_possible_or_led_elsewhere() -> None:
    bedridden = [Accommodation.BEDRIDDEN]
    challenge = draw(Route.FLASH, bedridden)
    assert {ask.motion for ask in challenge.asks} <= {Motion.TURN_LEFT, Motion.TURN_RIGHT, Motion.NOD}
    assert bits(Route.FLASH, frozenset(bedridden)) >= LEAST_BITS[Route.FLASH]
    with pytest.raises(NoChallengeLeft):
        draw(Route.NO_FLASH, bedridden)
