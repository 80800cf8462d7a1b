"""Known answers of the certificate-transparency tests, and the streaming tree against the definition word for word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_holds,
    consistency_ranges,
    inclusion_holds,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    range_roots,
    root_of,
)

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 0, 1, ... 8 leaves. source: certificate-transparency, merkletree tests"""
_A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = {
    (0, 1): [],
    (0, 8): [_A, _B, _C],
    (5, 8): [_D, _E, ROOTS[4]],
    (2, 3): [ROOTS[2]],
    (1, 5): [ROOTS[1], _B, _D],
}
CONSISTENCY = {(1, 1): [], (1, 8): [_A, _B, _C], (6, 8): [_F, _E, ROOTS[4]], (2, 5): [_B, _D]}

trees = st.lists(st.binary(max_size=3), min_size=1, max_size=40)


def naive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(naive_root(leaves[:middle]), naive_root(leaves[middle:]))


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """The definition of section 2.1.1."""
    if len(leaves) <= 1:
        return []
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    if index < middle:
        return [*naive_path(index, leaves[:middle]), naive_root(leaves[middle:])]
    return [*naive_path(index - middle, leaves[middle:]), naive_root(leaves[:middle])]


def naive_consistency(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """The definition of section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    if old <= middle:
        return [*naive_consistency(old, leaves[:middle], whole), naive_root(leaves[middle:])]
    return [*naive_consistency(old - middle, leaves[middle:], False), naive_root(leaves[:middle])]


def hexes(nodes: tuple[bytes, ...]) -> list[str]:
    return [node.hex() for node in nodes]


def test_roots_are_the_known_ones() -> None:
    frontier = Frontier()
    assert frontier.root().hex() == ROOTS[0]
    for count, leaf in enumerate(LEAVES, start=1):
        frontier.append(leaf)
        assert frontier.root().hex() == ROOTS[count]
        assert len(frontier.nodes) == count.bit_count()


@pytest.mark.parametrize(("place", "known"), INCLUSION.items())
def test_inclusion_proofs_are_the_known_ones(place: tuple[int, int], known: list[str]) -> None:
    index, size = place
    path = range_roots(LEAVES, inclusion_ranges(index, size))
    assert hexes(path) == known
    assert inclusion_holds(LEAVES[index], index, size, path, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("place", "known"), CONSISTENCY.items())
def test_consistency_proofs_are_the_known_ones(place: tuple[int, int], known: list[str]) -> None:
    old, size = place
    path = range_roots(LEAVES, consistency_ranges(old, size))
    assert hexes(path) == known
    assert consistency_holds(old, bytes.fromhex(ROOTS[old]), size, bytes.fromhex(ROOTS[size]), path)


@given(trees)
def test_the_stream_has_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert root_of(leaves) == naive_root(leaves)


@given(trees, st.data())
def test_a_frontier_goes_on_from_where_it_was_kept(leaves: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    first = Frontier()
    for leaf in leaves[:cut]:
        first.append(leaf)
    kept = Frontier(first.size, list(first.nodes))
    for leaf in leaves[cut:]:
        kept.append(leaf)
    assert kept.root() == naive_root(leaves)
    assert first.size == cut


@given(trees, st.data())
def test_every_leaf_is_proved_and_no_other_passes_for_it(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = range_roots(leaves, inclusion_ranges(index, size))
    root = naive_root(leaves)
    assert list(path) == naive_path(index, leaves)
    assert inclusion_holds(leaves[index], index, size, path, root)
    assert not inclusion_holds(leaves[index] + b"x", index, size, path, root)
    assert not inclusion_holds(leaves[index], size, size, path, root)
    assert not inclusion_holds(leaves[index], index, size, (*path, root), root)
    if path:
        assert not inclusion_holds(leaves[index], index, size, path[:-1], root)
        place = data.draw(st.integers(0, len(path) - 1))
        broken = (*path[:place], bytes([path[place][0] ^ 1]) + path[place][1:], *path[place + 1 :])
        assert not inclusion_holds(leaves[index], index, size, broken, root)
        assert not inclusion_holds(leaves[index], index, size, (*path[:-1], b"short"), root)


@given(trees, st.data())
def test_a_tree_begins_with_every_earlier_one_and_with_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    old = data.draw(st.integers(1, size))
    path = range_roots(leaves, consistency_ranges(old, size))
    before, after = naive_root(leaves[:old]), naive_root(leaves)
    assert list(path) == naive_consistency(old, leaves)
    assert consistency_holds(old, before, size, after, path)
    assert not consistency_holds(old, leaf_hash(b"another"), size, after, path)
    assert not consistency_holds(old, before, size, leaf_hash(b"another"), path)
    assert not consistency_holds(old, before, size, after, (*path, after))
    if path:
        assert not consistency_holds(old, before, size, after, path[:-1])
        assert not consistency_holds(old, before, size, after, (b"short", *path[1:]))


def test_a_node_is_never_taken_for_a_leaf() -> None:
    """Without the first byte, the two hashes of a node would be a leaf with the same root."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert root_of([left + right]) != root_of([b"a", b"b"])


def test_what_cannot_be_a_place_or_a_frontier_is_refused() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError, match="leaf"):
            inclusion_ranges(index, size)
    for old, size in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="tree"):
            consistency_ranges(old, size)
    with pytest.raises(ValueError, match="end"):
        range_roots([b"a"], inclusion_ranges(0, 2))
    for frontier in ((1, []), (2, [b"x" * 32, b"y" * 32]), (1, [b"short"]), (-1, [])):
        with pytest.raises(ValueError, match="frontier"):
            Frontier(*frontier)
