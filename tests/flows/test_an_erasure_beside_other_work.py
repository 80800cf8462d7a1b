"""What else goes on while a person is erased: attempts, other processes, writers (F42)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import KeyDestroyed
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.qualification.decision import DecisionPolicy
from auth_service.storage.unit import Store
from tests.builders import WANG, Agency
from tests.fakes import FakeReader, fake_calibration, picture
from tests.flows.erasing import Privacy, live


def test_an_attempt_that_runs_while_the_person_is_erased_decides_nothing(agency: Agency, privacy: Privacy) -> None:
    live(agency)
    read, go_on = threading.Event(), threading.Event()

    class Slow(FakeReader):
        """Reads the photo after the records were read, as the real one does."""

        def read(self, data: bytes) -> Any:
            read.set()
            assert go_on.wait(20)
            return super().read(data)

    policies = VerifyPolicies(DecisionPolicy(), agency.desk._copies)
    slow = Verify(agency.store, Slow(), fake_calibration, agency.signer, agency.clock, policies)
    agency.verifying = slow
    raised: list[BaseException] = []

    def attempt() -> None:
        try:
            agency.verify(WANG, picture("wang", take=7))
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    counted = agency.store.queries.totals()["certificates"]
    thread = threading.Thread(target=attempt)
    thread.start()
    assert read.wait(20)
    privacy.run()
    go_on.set()
    thread.join()
    assert [type(error) for error in raised] == [KeyDestroyed]
    assert agency.store.queries.totals()["certificates"] == counted


def test_a_process_that_has_the_key_in_memory_can_write_nothing_more(agency: Agency, privacy: Privacy) -> None:
    person_id = live(agency)
    other = Store(agency.urls.front, KeyFile(agency.folder / "keys" / "keys.json"), agency.folder / "photos")
    with other.reading() as unit:
        unit.people.get(person_id)
    privacy.run()
    for _ in range(2):
        with pytest.raises(KeyDestroyed), other.unit() as unit:
            unit.photos.put(person_id, "review", b"jpeg", agency.clock.now())
    other.close()


def test_what_is_written_at_the_same_time_is_erased_with_the_rest(
    agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    """The writer holds the person: the erasure waits for it and then sees what it wrote."""
    person_id = live(agency)
    inside, erased = threading.Event(), threading.Event()

    def write() -> None:
        with agency.store.unit() as unit:
            unit.photos.put(person_id, "review", b"late", agency.clock.now())
            inside.set()
            erased.wait(0.5)

    thread = threading.Thread(target=write)
    thread.start()
    assert inside.wait(20)
    privacy.run()
    erased.set()
    thread.join()
    assert rows("SELECT 1 FROM photos WHERE person_id = :id AND erased_at IS NULL", id=person_id) == []
    assert privacy.erase.status().sound
