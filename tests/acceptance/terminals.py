"""A service that kiosks reach, in a process of its own, and kiosks that two people let in."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import PIL.Image
from sqlalchemy import Connection, create_engine, text

from auth_service.accounts.devices import DeviceKind, DeviceWords, LensProfile
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.cli.kiosk_client import Camera
from auth_service.cli.kiosk_faults import Bench
from auth_service.cli.kiosk_queue import Memory, Terminal
from auth_service.core.clock import legal_date
from auth_service.enrollment.consent_texts import NEWEST
from auth_service.flows.accept_record import RecordSent
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.acceptance.lfw import without_limits
from tests.channels.service import EILEEN, GRACE, jpeg, portraits

PASSWORD = "correct-horse-battery"
CONSENT = {"version": NEWEST["kiosk_consent"], "language": "zh"}
SETTINGS = {
    **without_limits(), "AUTH_SERVICE_KIOSK": "true", "AUTH_SERVICE_READERS": "1",
    "AUTH_SERVICE_OFFLINE__TICKETS_HELD": "20000",
}  # fmt: skip


@dataclass
class Branch:
    """A deployment without an engine in this process, with two people of the ledger and two security administrators."""

    home: Path
    settings: dict[str, str]

    def __post_init__(self) -> None:
        self._terminals: list[Terminal] = []
        wiring = self.wiring()
        self._url = wiring.settings.url
        wiring.store.migrate()
        now = datetime.now(UTC)
        with wiring.store.unit() as unit:
            for number, name in ((EILEEN, "张秀兰"), (GRACE, "李桂英")):
                row = {"id_number": number, "name": name, "benefit_kind": "resident_pension"}
                unit.people.apply(check_ledger_row(row, legal_date(now)), now, "made")
        keep = wiring.keep_staff
        self.keepers = [keep.create(f"admin.{n}", Role.SECURITY_ADMIN, PASSWORD, "cli")[0] for n in range(2)]
        wiring.store.close()

    def wiring(self) -> Wiring:
        return Wiring(load_settings(home=self.home, database_url=self.settings.get("AUTH_SERVICE_DATABASE_URL", "")))

    def code(self) -> tuple[str, str]:
        """A device that two people let in: its id and its one-time code."""
        wiring = self.wiring()
        words = DeviceWords(DeviceKind.KIOSK, "一号机", "唐山农商行", "130202", "解放路支行大厅", LensProfile.WIDE)
        device, code = wiring.keep_devices.create(words, self.keepers[0])
        wiring.keep_devices.approve(device.id, self.keepers[1])
        wiring.store.close()
        return device.id, code

    def revoke(self, device_id: str) -> None:
        wiring = self.wiring()
        wiring.keep_devices.revoke(device_id, self.keepers[0])
        wiring.store.close()

    def decide(self) -> dict[str, int]:
        """What the worker does every few seconds."""
        wiring = self.wiring()
        told = dict(wiring.decide_records.run())
        wiring.store.close()
        return told

    def waiting(self, count: int, camera: Camera | None = None) -> list[str]:
        """So many records of one kiosk, kept and not decided; their events in order. No service is needed."""
        wiring, (device_id, _) = self.wiring(), self.code()
        made = Terminal(Memory(self.home.parent / f"kiosk {device_id}"), "https://pay.example.gov.cn", CONSENT)
        made.memory.enrolled(device_id)
        with wiring.store.unit() as unit:
            unit.devices.enrol(device_id, made.memory.key.public_key().public_bytes_raw(), datetime.now(UTC))
            device = unit.devices.get(device_id)
        assert device is not None
        events = []
        for n in range(count):
            (given,) = wiring.issue_tickets.run(device_id, 1)
            challenge = given.ticket.challenge
            steps = [{"n": one.n, "kind": one.kind.value} for one in challenge.steps]
            told = {"steps": steps, "flashes": len(challenge.flash), "flash_ms": 400}
            made.memory.keep_tickets([{"ticket": given.token, "challenge": told}])
            queued = made.capture((EILEEN, GRACE)[n % 2], camera or still)
            frames = {(int(one[2]), int(one[4:])): data for one, data in queued.frames.items()}
            wiring.accept_record.run(device, RecordSent(queued.data, queued.signature, frames))
            events.append(queued.event)
        wiring.store.close()
        return events

    def terminal(self, folder: Path, site: str) -> Terminal:
        """A kiosk with a place in the registry."""
        made = Terminal(Memory(folder), site, CONSENT)
        answer = made.enrol(self.code()[1])
        assert answer.status == 201, answer.body
        self._terminals.append(made)
        return made

    def close(self) -> None:
        for terminal in self._terminals:
            terminal.line.close()

    def act(self, statement: str) -> None:
        """Behind the service's back."""
        with self._connected() as connection:
            connection.execute(text(statement))

    def rows(self, statement: str, **given: Any) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            return [tuple(row) for row in connection.execute(text(statement), given)]

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        url = self._url
        more = {} if url.startswith("sqlite") else {"options": "-c search_path=public,identity,faces,bank"}
        engine = create_engine(url, connect_args=more)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def bench(terminal: Terminal, seed: int = 1, **other: Any) -> Bench:
    """What a kiosk does over and over, with two people and one small picture."""
    return Bench(terminal, still, [EILEEN, GRACE], chance=random.Random(seed), **other)


def still(_asked: str, _count: int) -> list[bytes]:
    """Three times the same small portrait, as nobody would take it: kept, and never a pass."""
    return [SMALL] * 3


def _scaled(data: bytes, width: int) -> bytes:
    picture = PIL.Image.open(io.BytesIO(data))
    return jpeg(picture.resize((width, width * picture.height // picture.width)), 70)


SMALL = _scaled(portraits().eileen_later, 160)
"""A few kilobytes: ten thousand records of it are no burden to a disk."""
