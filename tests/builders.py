"""A small cast with fixed lives, and a deployment to put them in."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from auth_service.accounts.credentials import AccountPolicy, StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.id_number import check_character
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.passwords import Argon2Passwords, PasswordProfile
from auth_service.connectors.signing import SigningKeyFile, verify_token
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import ServiceError
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.copies import CopyPolicy
from auth_service.flows.enroll import Enroll, Enrolled, EnrollRequest, ReferenceDesk
from auth_service.flows.enroll_many import EnrollMany
from auth_service.flows.import_ledger import ImportLedger
from auth_service.flows.judge_flag import JudgeFlag
from auth_service.flows.keep_staff import KeepApiKeys, KeepStaff
from auth_service.flows.look import Look
from auth_service.flows.sign_in import SignIn
from auth_service.flows.verify import Verify, VerifyPolicies, VerifyRequest, VerifyResult
from auth_service.qualification.decision import DecisionPolicy
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import Store
from tests.databases import Urls
from tests.fakes import FAKE_ENGINE, FakeReader, fake_calibration


def id_number(born: date, sequence: int = 1, area: str = "130203") -> str:
    """A valid synthetic ID number."""
    body = f"{area}{born:%Y%m%d}{sequence:03d}"
    return body + check_character(body)


WANG = id_number(date(1948, 5, 2), 12)
"""Wang Xiuying, 77, alive, sometimes photographed badly."""
LI = id_number(date(1950, 7, 9), 31)
"""Li Jianguo, 75."""
STRANGER = id_number(date(1960, 1, 1), 77)
"""Valid, but in no ledger."""


@dataclass
class Rows:
    """A table that is already read, or a sink for refused rows."""

    values: Sequence[Mapping[str, str]] = ()
    name: str = "ledger.csv"
    digest: str = "d" * 64
    unknown_columns: Sequence[str] = ()
    refused: list[tuple[int, Any, str]] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        yield from enumerate(self.values, start=2)

    def reject(self, row: int, values: Sequence[str], error: ServiceError) -> None:
        self.refused.append((row, values, error.code))

    def reject_row(self, row: int, values: Mapping[str, str], error: ServiceError) -> None:
        self.refused.append((row, values, error.code))


@cache
def _blank() -> Path:
    """A folder with keys and an empty SQLite database that the migrations have made, once for a process."""
    folder = Path(tempfile.mkdtemp(prefix="blank-agency-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    keys = KeyFile.open_or_create(folder / "keys" / "keys.json")
    SigningKeyFile.open_or_create(folder / "keys" / "signing.json")
    store = Store(f"sqlite:///{folder / 'test.sqlite3'}", keys, folder / "photos")
    store.migrate()
    store.close()
    return folder


def copy_blank(folder: Path) -> None:
    """An agency's folder with nothing in its database; what is there already stays as it is."""
    if (folder / "keys").exists() or (folder / "test.sqlite3").exists():
        return
    shutil.copytree(_blank() / "keys", folder / "keys")
    shutil.copyfile(_blank() / "test.sqlite3", folder / "test.sqlite3")


class Agency:
    """A whole deployment in one folder, with a fake reader and everything else real.

    urls  of a PostgreSQL database that is migrated and empty, as its roles; SQLite in the folder when None
    """

    def __init__(self, folder: Path, clock: Clock, urls: Urls | None = None) -> None:
        self.folder = folder
        self.clock = clock
        if urls is None:
            copy_blank(folder)
        self.keys = KeyFile.open_or_create(folder / "keys" / "keys.json")
        self.signer = SigningKeyFile.open_or_create(folder / "keys" / "signing.json")
        urls = urls or Urls(*[f"sqlite:///{folder / 'test.sqlite3'}"] * 3)
        self.urls = urls
        self.store = Store(urls.front, self.keys, folder / "photos", ledger_url=urls.ledger)
        self.store.migrate()
        apart = urls.ledger != urls.front
        self.ledger_store = Store(urls.ledger, self.keys, folder / "photos") if apart else self.store
        self.reader = FakeReader()
        calibration = fake_calibration()
        copies = CopyPolicy()
        policies = VerifyPolicies(DecisionPolicy(), copies)
        self.verifying = Verify(self.store, self.reader, lambda: calibration, self.signer, clock, policies)
        self.desk = ReferenceDesk(FAKE_ENGINE, lambda: calibration, copies)
        self.enrolling = Enroll(self.store, self.reader, self.desk, clock)
        self.enrolling_many = EnrollMany(self.store, FAKE_ENGINE, self.desk, clock)
        self.importing = ImportLedger(self.ledger_store, clock, lambda text: hashlib.sha256(text.encode()).hexdigest())
        self.hasher = Argon2Passwords(PasswordProfile(passes=1, memory_kib=64))
        self.sign_in = SignIn(self.store, self.hasher, AccountPolicy(), clock)
        self.staff = KeepStaff(self.store, self.hasher, AccountPolicy(), clock)
        self.api_keys = KeepApiKeys(self.store, clock)
        signed = {self.signer.key_id: self.signer.public_key()}
        self.look = Look(self.store, clock, lambda token: verify_token(token, signed))
        self.judge = JudgeFlag(self.store, clock)

    def close(self) -> None:
        self.store.close()
        self.ledger_store.close()

    def person(
        self, number: str = WANG, name: str = "王秀英", tags: str = "", phone: str = "", region: str = "130203"
    ) -> str:
        """Somebody in the ledger; returns the person id."""
        values = {
            "id_number": number,
            "name": name,
            "benefit_kind": "resident_pension",
            "region_code": region,
            "tags": tags,
            "phone": phone,
        }
        now = self.clock.now()
        with self.ledger_store.unit() as unit:
            return unit.people.apply(check_ledger_row(values, legal_date(now)), now, "batch").person_id

    def enroll(
        self,
        number: str,
        *photos: bytes,
        source: PhotoSource = PhotoSource.OFFICER,
        reveal: bool = True,
        confirmed_by: str | None = None,
    ) -> Enrolled:
        consent = Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "counter", self.clock.now(), "form 7")
        request = EnrollRequest(number, photos, source, None, consent, "cli", "counter", reveal, confirmed_by)
        return self.enrolling.one(request)

    def verify(
        self, number: str, *photos: bytes, attested: bool = True, channel: Channel = Channel.COUNTER
    ) -> VerifyResult:
        by = "officer-1" if attested else None
        return self.verifying.run(VerifyRequest(number, photos, channel, "cli", by))

    def member(self, role: Role = Role.MONITOR, username: str = "chen") -> StaffMember:
        return self.staff.create(username, role, "a long password", "cli")[0]

    def flags(self) -> list[str]:
        """Rule ids of all flags, oldest first."""
        page = self.store.queries.flags(None, cursor=None, limit=100)
        return [row.rule_id for row in reversed(page.rows)]
