"""Person keys: destroyed ones leave nothing readable; a wrong key file is found out; photos of nobody are swept."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import KeyMissing, SealBroken, StorageFault
from auth_service.core.keys import WrappedKey
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.storage.sealing import DataKey, KeyCache, Place
from auth_service.storage.unit import NewCapture, Store
from tests.storage.samples import (
    ENGINE,
    NOW,
    PASSED,
    enrol,
    evidence,
    number,
    person,
    photo_hash,
    reference_photo,
    row,
    template,
)


class CountingRing:
    """A key ring that counts how often it is asked."""

    def __init__(self, ring: KeyFile) -> None:
        self.ring = ring
        self.unwrapped = 0

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        return self.ring.wrap(data_key, context)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        self.unwrapped += 1
        return self.ring.unwrap(wrapped, context)

    def index_key(self, purpose: str) -> bytes:
        return self.ring.index_key(purpose)


def test_destroying_a_persons_key_makes_everything_of_theirs_unreadable(store: Store) -> None:
    someone, other = person(store, 1), person(store, 2)
    with store.unit() as unit:
        enrol(unit, someone, photo := reference_photo(1))
        enrol(unit, other, kept := reference_photo(2))
        picture = unit.photos.put(someone, "reference", b"jpeg", NOW)
        unit.consents.add(someone, Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "counter", NOW, "form"))
        unit.evidence.add(proof := evidence(someone), PASSED)
        unit.captures.add(NewCapture(proof.id, someone, photo_hash(1), template(1), picture, NOW))
    with store.unit() as unit:
        assert unit.people.destroy_key(someone, NOW)
        assert not unit.people.destroy_key(someone, NOW)
    with store.reading() as unit:
        reads = (
            lambda: unit.people.get(someone),
            lambda: unit.people.by_id_number(number(1)),
            lambda: unit.references.current(someone, ENGINE),
            lambda: unit.references.photos(someone, ENGINE),
            lambda: unit.captures.of(someone, ENGINE, 64),
            lambda: unit.consents.current(someone),
        )
        for read in reads:
            with pytest.raises(KeyMissing):
                read()
        assert unit.photos.get(picture) is None
        assert unit.references.known(photo.id) is None
        assert [known.photo_id for known in unit.references.hashes_since(0, 10)] == [kept.id]
        assert unit.people.get(other) is not None
        assert unit.evidence.get(proof.id) == (proof, PASSED)  # facts about the pass stay
    summary = store.queries.person_summary(someone)
    assert summary is not None
    assert (summary.masked_name, summary.masked_id_number) == (None, None)


def test_nothing_more_can_be_sealed_for_them(store: Store) -> None:
    someone = person(store)
    with store.unit() as unit:
        unit.people.destroy_key(someone, NOW)
    with pytest.raises(KeyMissing), store.unit() as unit:
        unit.photos.put(someone, "review", b"jpeg", NOW)


def test_a_destruction_that_is_rolled_back_destroys_nothing(store: Store) -> None:
    someone = person(store)
    with pytest.raises(ZeroDivisionError), store.unit() as unit:  # noqa: PT012
        unit.people.destroy_key(someone, NOW)
        raise ZeroDivisionError
    with store.reading() as unit:
        assert unit.people.get(someone) is not None


def test_a_key_that_was_rolled_back_is_never_used_again(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.unit() as unit:  # noqa: PT012
        person_id = unit.people.apply(row(5), NOW, "b").person_id
        raise ZeroDivisionError
    with pytest.raises(KeyMissing), store.reading() as unit:
        unit._work.keys.of(person_id)


@pytest.mark.asvs("11.2.5")
def test_another_key_file_is_found_out_before_anything_is_done(store: Store, url: str, tmp_path: Path) -> None:
    person(store)
    stranger = Store(url, KeyFile.open_or_create(tmp_path / "other.json"), tmp_path / "photos")
    for attempt in (stranger.check_schema, stranger.migrate):
        with pytest.raises(KeyMissing):
            attempt()
    stranger.close()
    store.check_schema()


@pytest.mark.asvs("11.7.2")
def test_unwrapped_keys_are_kept_for_a_while_and_no_more_than_a_number(
    store: Store, url: str, keys: KeyFile, tmp_path: Path
) -> None:
    someone = person(store)
    ring = CountingRing(keys)
    reader = Store(url, ring, tmp_path / "photos")
    for _ in range(3):
        with reader.reading() as unit:
            unit.people.get(someone)
    assert ring.unwrapped == 1
    reader._cache = KeyCache(seconds=-1.0)
    for _ in range(2):
        with reader.reading() as unit:
            unit.people.get(someone)
    assert ring.unwrapped == 3
    reader.close()


def test_the_cache_forgets_the_least_used_key_first() -> None:
    cache = KeyCache(most=2)
    first, second, third = (DataKey(name, bytes(32)) for name in "abc")
    cache.put("a", first)
    cache.put("b", second)
    assert cache.get("a") is first
    cache.put("c", third)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (first, None, third)
    cache.drop("a")
    assert cache.get("a") is None


@pytest.mark.asvs("11.3.3")
def test_a_sealed_value_opens_in_its_place_only() -> None:
    key, place = DataKey("p", bytes(32)), Place("people", "1", "name")
    sealed = key.seal(place, "王".encode())
    assert key.open(place, sealed) == "王".encode()
    elsewhere = [Place("flags", "1", "name"), Place("people", "2", "name"), Place("people", "1", "village")]
    for other in elsewhere:
        with pytest.raises(SealBroken):
            key.open(other, sealed)
    for other_key in (DataKey("q", bytes(32)), DataKey("p", bytes([1]) * 32)):
        with pytest.raises(SealBroken):
            other_key.open(place, sealed)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            key.open(place, bytes(changed))


def test_a_photo_whose_file_is_gone_is_a_fault_not_an_absence(on_sqlite: Store, tmp_path: Path) -> None:
    with on_sqlite.unit() as unit:
        photo_id = unit.photos.put(None, "review", b"jpeg", NOW)
    for path in (tmp_path / "photos").glob("??/*"):
        path.unlink()
    with pytest.raises(StorageFault), on_sqlite.reading() as unit:
        unit.photos.get(photo_id)


def test_a_photo_folder_that_cannot_be_written_is_a_fault_and_leaves_nothing(on_sqlite: Store, tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("a file where the folder should be")
    with pytest.raises(StorageFault), on_sqlite.unit() as unit:
        unit.photos.put(None, "review", b"jpeg", NOW)


@pytest.mark.asvs("5.3.1", "5.3.2")
def test_photo_names_tell_nothing(on_sqlite: Store, tmp_path: Path) -> None:
    someone = person(on_sqlite)
    with on_sqlite.unit() as unit:
        photo_id = unit.photos.put(someone, "reference", b"jpeg", NOW)
    (path,) = (tmp_path / "photos").glob("??/*")
    assert path.parent.name == path.name[:2]
    assert someone not in path.name
    assert photo_id not in path.name
