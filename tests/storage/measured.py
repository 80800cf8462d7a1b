"""Measurements of the colours for tests, and two people who keep them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from auth_service.core.ids import new_id
from auth_service.liveness.flash_measurement import FlashMeasurement, Terms, measurement_of
from auth_service.storage.unit import FlashAct, Store, StoredFlash
from tests.storage.samples import NOW
from tests.unit.liveness.test_what_a_measurement_of_the_colours_holds import pad_found


def measured(name: str = "pilot-1", terms: Terms | None = None) -> FlashMeasurement:
    made = measurement_of(pad_found(), name)
    return made if terms is None else replace(made, terms=terms)


def kept(store: Store, by: str, made: FlashMeasurement | None = None, minutes: int = 0) -> StoredFlash:
    made = made or measured()
    with store.unit() as unit:
        unit.flash.add(new_id(), made, by, NOW + timedelta(minutes=minutes))
    with store.reading() as unit:
        found = unit.flash.by_name(made.name)
    assert found is not None
    return found


def do(store: Store, found: StoredFlash, act: FlashAct, by: str) -> None:
    with store.unit() as unit:
        unit.flash.act(found, act, by, NOW)


def in_force(store: Store) -> str | None:
    with store.reading() as unit:
        found = unit.flash.active()
    return found.name if found else None
