"""The Merkle tree over the audit trail: one root that stands for every row, and short proofs about it.

A leaf is the 32 hash bytes of a row. Leaves and nodes are hashed with different first bytes, so that no node can pass
for a leaf. Everything works on a stream of leaves in memory of log n nodes: a `Frontier` takes leaves one by one, and a
proof is a list of roots of ranges of leaves, gathered in one pass.

source: RFC 6962 section 2.1 and RFC 9162 section 2.1 (SHA-256)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves. source: RFC 6962 section 2.1"""
HASH_BYTES = 32

Range = tuple[int, int]
"""Leaves [first, last) of a tree, counted from 0."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The roots of the largest full subtrees of a growing tree, the largest first; enough to grow on and for the root.

    size   how many leaves were taken
    nodes  one hash per bit that is set in `size`
    """

    size: int = 0
    nodes: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """raises ValueError: nodes that cannot belong to this size"""
        fits = self.size >= 0 and len(self.nodes) == self.size.bit_count()
        if not fits or any(len(node) != HASH_BYTES for node in self.nodes):
            raise ValueError("the frontier does not belong to its size")

    def append(self, data: bytes) -> None:
        """Takes the next leaf's data."""
        node = sha256(b"\x00" + data).digest()
        size = self.size
        while size & 1:  # two subtrees of one height become one of the next
            node = sha256(b"\x01" + self.nodes.pop() + node).digest()
            size >>= 1
        self.nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root

    def copy(self) -> Frontier:
        return Frontier(self.size, list(self.nodes))


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaves' data."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def _split(size: int) -> int:
    """The largest power of two below `size` (2 or more): where a tree parts into its left and right."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> tuple[Range, ...]:
    """Whose roots prove that leaf `index` is in the tree of `size` leaves, in the order of the proof.

    raises   ValueError: no such leaf
    source   RFC 6962 section 2.1.1
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    ranges: list[Range] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first = middle
    return tuple(reversed(ranges))


def consistency_ranges(old: int, size: int) -> tuple[Range, ...]:
    """Whose roots prove that the tree of `size` leaves begins with the tree of `old`; none when they are equal.

    raises   ValueError: the old tree is empty or larger
    source   RFC 6962 section 2.1.2
    """
    if not 0 < old <= size:
        raise ValueError("the old tree must have leaves, and no more than the new one")
    ranges: list[Range] = []
    first, last, whole = 0, size, True
    while old != last:
        middle = first + _split(last - first)
        if old <= middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first, whole = middle, False
    if not whole:
        ranges.append((first, last))
    return tuple(reversed(ranges))


def range_roots(leaves: Iterable[bytes], ranges: Sequence[Range]) -> tuple[bytes, ...]:
    """The root of each range, in one pass over the tree's leaves. raises ValueError: the leaves end too early"""
    order = sorted(range(len(ranges)), key=lambda place: ranges[place])
    found: dict[int, bytes] = {}
    waiting = iter(order)
    place = next(waiting, None)
    frontier = Frontier()
    for index, leaf in enumerate(leaves):
        if place is None:
            break
        first, last = ranges[place]
        if index >= first:
            frontier.append(leaf)
        if index == last - 1:
            found[place] = frontier.root()
            frontier = Frontier()
            place = next(waiting, None)
    if place is not None:
        raise ValueError("the leaves end before the tree does")
    return tuple(found[place] for place in range(len(ranges)))


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf's data stands at `index` of the tree of `size` leaves with this root.

    source   RFC 9162 section 2.1.3.2
    """
    if not 0 <= index < size or any(len(node) != HASH_BYTES for node in proof):
        return False
    place, last, node = index, size - 1, leaf_hash(leaf)
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def consistency_holds(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `size` leaves begins with the tree of `old`, each with its root.

    source   RFC 9162 section 2.1.4.2
    """
    if not 0 < old <= size or any(len(node) != HASH_BYTES for node in proof):
        return False
    if old == size:
        return not proof and old_root == root
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    return _consistent(path, (place, last), old_root, root)


def _consistent(path: Sequence[bytes], at: Range, old_root: bytes, root: bytes) -> bool:
    place, last = at
    before = after = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, node)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root
