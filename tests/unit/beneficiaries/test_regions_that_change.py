"""An old code stays valid: it means the place, or the places, that it became. The tree is made up."""

from __future__ import annotations

from datetime import date
from random import Random

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.region_tree import LENGTHS, Change, Ended, Regions, shortest
from auth_service.qualification.policy import Policy, PolicyBook, PolicySet, PolicyVersion

DAY = date(2026, 1, 1)

TREE = Regions(
    {
        "990101": Ended(Change.RECODED, ("990181",)),  # a county became a city
        "990181001002": Ended(Change.MERGED, ("990202001001",)),  # then one of its villages went to its neighbour
        "990202003": Ended(Change.MERGED, ("990202001",)),  # a town merged into another
        "990202001009": Ended(Change.SPLIT, ("990202001010", "990202001011")),
        "990202001012": Ended(Change.ABOLISHED, ()),
    }
)


def test_a_code_is_known_in_every_length_in_which_people_write_it() -> None:
    assert [shortest(code) for code in ("990000000000", "990100000000", "990101000000", "990101001000")] == [
        "99", "9901", "990101", "990101001",
    ]  # fmt: skip
    assert (shortest("990100"), shortest("990101001001"), shortest("99010")) == ("9901", "990101001001", "99010")


def test_a_recoded_county_takes_its_villages_along_and_what_happened_there_later_is_followed() -> None:
    assert TREE.present("990101001003") == "990181001003"
    assert TREE.present("990101001002") == "990202001001", "recoded, then merged"
    assert TREE.lies_in("990101001002", "990202")
    assert not TREE.lies_in("990101001002", "990101"), "it moved out of what its old county is today"
    assert TREE.lies_in("990181001003", "990101"), "the old name of a region means the same region"


def test_of_villages_of_a_merged_town_no_more_is_said_than_is_known() -> None:
    assert TREE.present("990202003004") == "990202001"
    assert TREE.ancestors("990202003004") == ("990202001", "990202", "9902", "99")
    assert not TREE.lies_in("990202003004", "990202001004")


def test_a_split_village_lies_in_what_holds_all_its_parts_and_in_itself() -> None:
    assert TREE.today("990202001009") == ("990202001010", "990202001011")
    assert TREE.present("990202001009") == "990202001"
    assert TREE.lies_in("990202001009", "990202001009")
    assert not TREE.lies_in("990202001009", "990202001010")
    assert TREE.lies_in("990202001010", "990202001009"), "whoever asks by the old name gets both parts"


def test_who_still_has_the_code_of_an_abolished_place_stays_where_they_were() -> None:
    assert TREE.present("990202001012") == "990202001012"
    assert TREE.lies_in("990202001012", "9902")


def test_codes_that_lead_in_a_circle_are_seen() -> None:
    circle = Regions({"990101": Ended(Change.RECODED, ("990181",)), "990181": Ended(Change.RECODED, ("990101",))})
    assert circle.loops("990101")
    assert circle.loops("990181")
    assert not any(TREE.loops(code) for code in TREE.ended)
    assert circle.present("990101"), "and nothing hangs"


def test_spellings_find_exactly_the_places_that_lie_in_a_region() -> None:
    """However the ends hang together: what a database is asked agrees with the tree for every code and region."""
    random = Random(7)
    hits = misses = 0
    for _ in range(60):
        tree = Regions(_random_ends(random))
        codes = [_code(random) for _ in range(60)] + list(tree.ended)
        for region in [_code(random) for _ in range(12)] + ["", *tree.ended]:
            spelled = tree.spellings(region)
            for code in codes:
                found = any(one.holds(code) for one in spelled)
                assert found == tree.lies_in(code, region), (tree.ended, code, region, spelled)
                hits, misses = hits + found, misses + (not found)
    assert hits > 1000
    assert misses > 1000


def _code(random: Random, level: int | None = None) -> str:
    """One of few places, so that many lie beneath each other. Beneath a county at least: that is where codes end."""
    full = "99010" + random.choice("12") + "00" + random.choice("12") + "00" + random.choice("12")
    return full[: random.choice(LENGTHS[2:]) if level is None else level]


def _random_ends(random: Random) -> dict[str, Ended]:
    ends: dict[str, Ended] = {}
    for _ in range(random.randint(1, 5)):
        code = _code(random)
        others = sorted({_code(random, len(code)) for _ in range(4)} - {code})
        if not others:
            continue
        change = random.choice(list(Change))
        most = {Change.SPLIT: 2, Change.ABOLISHED: 0}.get(change, 1)
        told = {**ends, code: Ended(change, tuple(others[:most]))}
        if not any(Regions(told).loops(one) for one in told) and not any(
            Regions(told).loops(_beneath(one)) for one in told
        ):
            ends = told
    return ends


def _beneath(code: str) -> str:
    return (code + "001001")[:12]


def test_a_policy_follows_a_county_to_its_new_code() -> None:
    old, new = Policy(BenefitKind.SURVIVOR, "990101"), Policy(BenefitKind.SURVIVOR, "9901")
    book = PolicyBook([PolicyVersion(DAY, PolicySet("p", (old, new)))], TREE)
    assert book.on(DAY, BenefitKind.SURVIVOR, "990181001003") is old, "written for the county's old code"
    assert book.on(DAY, BenefitKind.SURVIVOR, "990101001003") is old
    assert book.on(DAY, BenefitKind.SURVIVOR, "990102001001") is new
