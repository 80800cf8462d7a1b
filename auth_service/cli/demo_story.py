"""The demo's scenes: each does one thing through the real flows and says what was expected and what came."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import segno

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED
from auth_service.cli.demo_ledger import Row, synthetic_ledger, write_ledger
from auth_service.connectors.photo_folder import find_photos
from auth_service.connectors.signing import verify_token
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.audit import verify as verify_chain
from auth_service.core.errors import EnrollmentRefused, FileUnreadable, SealBroken
from auth_service.engines.decoding import decode
from auth_service.engines.staging import COLLINS, HOPPER, Portrait, Stage, plain_copy, portrait_bytes
from auth_service.enrollment.consent import Consent
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.image import Pixels
from auth_service.flows.enroll import EnrollRequest
from auth_service.flows.enroll_many import ReadPhoto
from auth_service.flows.verify import VerifyRequest, VerifyResult
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.evidence import Channel
from auth_service.wiring import Wiring

PEOPLE = 200
Words = tuple[str, str]
"""(zh, en)"""
Facts = Mapping[str, str | int | bool | None]


_NOTHING_DRAWN: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One scene that was played.

    expected, found  the facts that make it a success, compared key by key
    outcome          what came of it, in one word for the eye
    drawn            lines of a picture made of characters
    """

    title: Words
    outcome: str
    told: Words
    expected: Facts
    found: Facts
    drawn: tuple[str, ...] = ()

    @property
    def as_expected(self) -> bool:
        return dict(self.expected) == dict(self.found)


class Story:
    """The scenes in their order, on one clean home."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.password = ""
        self._input = wiring.settings.home / "input"
        self._ledger = synthetic_ledger(PEOPLE)
        self._certificate: Certificate | None = None

    def play(self) -> Iterator[Step]:
        """Plays one scene after another. raises ServiceError: a scene could not be played"""
        scenes = (
            self.set_up, self.import_the_ledger, self.enrol_two_portraits, self.an_attested_capture_passes,
            self.another_face_is_refused, self.a_copy_is_flagged, self.a_bare_photo_is_referred,
            self.one_photo_for_two_people, self.the_audit_trail_holds, self.the_certificate_holds_offline,
            self.what_waits_for_the_monitor,
        )  # fmt: skip
        for scene in scenes:
            yield scene()

    # --- who plays --------------------------------------------------------------------------------

    @property
    def _hopper(self) -> Row:
        return self._ledger.good[0]

    @property
    def _collins(self) -> Row:
        return self._ledger.good[1]

    @property
    def _third(self) -> Row:
        return self._ledger.good[2]

    @cached_property
    def _officer(self) -> str:
        """Account id of the officer who sees people at the counter."""
        return self.wiring.attester.run("officer").id

    def _pixels(self, portrait: Portrait) -> Pixels:
        return decode(portrait_bytes(portrait), self.wiring.spec.intake).pixels

    def _capture(self, portrait: Portrait, seed: int) -> bytes:
        """A fresh picture of the portrait's person (engines/staging.py says what it is not)."""
        face = self.wiring.pool.read(portrait_bytes(portrait)).face
        return Stage(self._pixels(portrait), face).capture(seed)

    def _verify(self, person: Row, photo: bytes, *, attested: bool) -> VerifyResult:
        officer = self._officer if attested else None
        actor = f"staff:{officer}" if officer else "cli"
        return self.wiring.verify.run(VerifyRequest(person["证件号码"], (photo,), Channel.COUNTER, actor, officer))

    def _rules_of(self, flags: Iterable[str]) -> str:
        """Rule ids of these flags, such as `V04`."""
        with self.wiring.store.reading() as unit:
            found = [unit.flags.get(flag_id) for flag_id in flags]
        return ",".join(sorted(stored.flag.rule_id for stored in found if stored is not None))

    # --- scenes -----------------------------------------------------------------------------------

    def set_up(self) -> Step:
        applied = self.wiring.migrate()
        self.wiring.signer.public_key()
        _, self.password = self.wiring.keep_staff.create("monitor", Role.MONITOR, None, "cli")
        self.wiring.keep_staff.create("officer", Role.OFFICER, None, "cli")
        engine = self.wiring.pool.identity.engine
        told = (
            f"空数据库已建（{len(applied)} 个版本），密钥、经办和监督账号已建，人脸引擎 {engine} 已就绪",
            f"an empty database ({len(applied)} migrations), keys, an officer and a monitor, face engine {engine} warm",
        )
        with self.wiring.store.reading() as unit:
            people = unit.people.count()
        found = {"people": people, "calibrated": self.wiring.calibration is not None}
        return Step(("准备", "Set up"), "ready", told, {"people": 0, "calibrated": True}, found)

    def import_the_ledger(self) -> Step:
        path = self._input / "ledger.csv"
        write_ledger(path, [*self._ledger.good, *self._ledger.spoilt])
        table = open_table(path, LEDGER_COLUMNS, required=LEDGER_REQUIRED)
        rejects = self._input / "ledger-rejects.csv"
        with RejectWriter(rejects, tuple(LEDGER_COLUMNS)) as sink:
            report = self.wiring.import_ledger.run(table, sink, "cli", _silent)
        expected = {"added": PEOPLE, "refused": len(self._ledger.spoilt), "flags": 2}
        found = {"added": report.added, "refused": report.refused, "flags": report.flags}
        told = (
            f"{report.added} 人入库，{report.refused} 行有误写入 {rejects}，证件号码疑点（I01）{report.flags} 条",
            f"{report.added} people stored, {report.refused} bad rows in {rejects}, {report.flags} flags I01",
        )
        return Step(("导入台账", "Import the ledger"), "imported", told, expected, found)

    def enrol_two_portraits(self) -> Step:
        folder = self._input / "photos"
        folder.mkdir()
        (folder / f"{self._hopper['证件号码']}.jpg").write_bytes(portrait_bytes(HOPPER))
        (folder / f"{self._collins['证件号码']}.png").write_bytes(portrait_bytes(COLLINS))
        with RejectWriter(self._input / "photo-rejects.csv", ("path", "id_number", "photo_source")) as sink:
            files = find_photos(folder, sink.reject_row)
            report = self.wiring.enroll_many.run(files, self._read, self._consent("bulk"), sink, _silent)
        faces = "; ".join(f"{portrait.name} ({portrait.credit})" for portrait in (HOPPER, COLLINS))
        found = {"enrolled": report.enrolled, "people": report.people, "refused": report.refused}
        told = (
            f"照片文件按证件号码命名，批量登记 {report.enrolled} 张；{faces}",
            f"{report.enrolled} photos, files named by ID number; {faces}",
        )
        expected = {"enrolled": 2, "people": 2, "refused": 0}
        return Step(("批量登记照片", "Enrol photos in bulk"), "enrolled", told, expected, found)

    def an_attested_capture_passes(self) -> Step:
        result = self._verify(self._hopper, self._capture(HOPPER, seed=7), attested=True)
        self._certificate = result.certificate
        found: Facts = {**_decided(result), "certificate": result.certificate is not None}
        expected: Facts = {"decision": "qualified", "zone": "match", "certificate": True}
        told, drawn = ("没有凭证", "no certificate"), _NOTHING_DRAWN
        if result.certificate is not None:
            serial, due = result.certificate.serial, result.certificate.due_on
            told = (
                f"经办见到本人，{_score(result)}；凭证 {serial}，下次认证 {due} 之前",
                f"an officer saw the person, {_score(result)}; certificate {serial}, next due {due}",
            )
            drawn = _qr(f"{self.wiring.settings.public_url.rstrip('/')}/certificates/{serial}")
        title = ("窗口现场采集，本人", "A fresh capture at the counter")
        return Step(title, result.decision.outcome.value, told, expected, found, drawn)

    def another_face_is_refused(self) -> Step:
        result = self._verify(self._hopper, self._capture(COLLINS, seed=11), attested=True)
        told = (f"{_score(result)}，不发凭证，可重试", f"{_score(result)}: no certificate, another try")
        expected = {"decision": "retry", "zone": "non_match"}
        return _decision_step(("他人冒用", "Another person's face"), result, told, expected, _decided(result))

    def a_copy_is_flagged(self) -> Step:
        copy = plain_copy(self._pixels(HOPPER))
        result = self._verify(self._hopper, copy, attested=True)
        found = {**_decided(result), "reason": result.decision.reasons[0].value, "flags": self._rules_of(result.flags)}
        told = (
            f"登记照片裁剪、重新压缩后冒充现场照片：有人作证也不通过，疑点 {found['flags']}",
            f"the enrolled photo, cropped and compressed again: vouched for or not, no pass; flag {found['flags']}",
        )
        expected = {"decision": "refer", "zone": None, "reason": "attack_suspected", "flags": "V04"}
        title = ("用登记照片代替本人", "A copy of the enrolled photo")
        return _decision_step(title, result, told, expected, found)

    def a_bare_photo_is_referred(self) -> Step:
        result = self._verify(self._collins, self._capture(COLLINS, seed=5), attested=False)
        found = {**_decided(result), "reason": result.decision.reasons[0].value}
        told = (
            f"{_score(result)}，但没有人证明本人在场：转人工，绝不自动通过",
            f"{_score(result)}, but nobody saw the person: a human has to look, a photo alone never passes",
        )
        expected = {"decision": "refer", "zone": "match", "reason": "photo_without_attestation"}
        return _decision_step(("只有一张照片", "A photo alone"), result, told, expected, found)

    def one_photo_for_two_people(self) -> Step:
        photo = plain_copy(self._pixels(HOPPER), cut=0.02, quality=70)
        request = EnrollRequest(
            self._third["证件号码"], (photo,), PhotoSource.REGISTER, None, self._consent("counter"), "cli", "counter",
            reveal_unknown=True,
        )  # fmt: skip
        refused = None
        try:
            self.wiring.enroll.one(request)
        except EnrollmentRefused as error:
            refused = error.code
        flags = self._waiting().get("I09", 0)
        told = (
            f"同一张照片再为第二个人登记：拒绝，疑点 I09 {flags} 条",
            f"the same photo offered as a second person's reference: not enrolled, {flags} flag I09",
        )
        expected: Facts = {"refused": "image_of_another_person", "I09": 1}
        found: Facts = {"refused": refused, "I09": flags}
        return Step(
            ("一照两人", "One photo for two people"), "refused" if refused else "enrolled", told, expected, found
        )

    def the_audit_trail_holds(self) -> Step:
        with self.wiring.store.reading() as unit:
            rows, head = unit.audit.head()
            report = verify_chain(unit.audit.rows(), rows, head)
        told = (
            f"{report.rows} 条记录，哈希链完整，链头 {report.head[:16]}…",
            f"{report.rows} rows, hash chain whole, head {report.head[:16]}…",
        )
        outcome = "whole" if report.ok else "broken"
        return Step(("核对审计日志", "Verify the audit trail"), outcome, told, {"ok": True}, {"ok": report.ok})

    def the_certificate_holds_offline(self) -> Step:
        token = self._certificate.token if self._certificate else ""
        keys = {self.wiring.signer.key_id: self.wiring.signer.public_key()}
        found: Facts = {"genuine": _holds(token, keys), "changed_due_date": _holds(_with_later_due_date(token), keys)}
        told = (
            "只用公钥离线验签：原凭证有效；改了到期日的凭证无效",
            "checked with the public key alone: the certificate holds, one with a later due date does not",
        )
        outcome = "valid" if found["genuine"] else "invalid"
        expected = {"genuine": True, "changed_due_date": False}
        return Step(("离线验证凭证", "Verify the certificate offline"), outcome, told, expected, found)

    def what_waits_for_the_monitor(self) -> Step:
        found = self._waiting()
        listed = ", ".join(f"{rule} × {count}" for rule, count in sorted(found.items()))
        total = sum(found.values())
        told = (f"{total} 条疑点待核查：{listed}", f"{total} flags wait to be looked at: {listed}")
        return Step(
            ("监督人员待办", "What waits for the monitor"), "waiting", told, {"I01": 2, "I09": 1, "V04": 1}, found
        )

    # --- props ------------------------------------------------------------------------------------

    def _read(self, items: Iterable[tuple[int, Path]]) -> Iterator[tuple[int, ReadPhoto]]:
        for result in self.wiring.bulk_reader(1).map(items, keep_jpeg=True):
            yield result.key, result

    def _consent(self, channel: str) -> Consent:
        policy, now = self.wiring.settings.enrollment, self.wiring.clock.now()
        return Consent(policy.bulk_basis, policy.bulk_text, "zh", channel, now, policy.bulk_reference)

    def _waiting(self) -> dict[str, int]:
        """Flags that nobody judged yet, by rule."""
        return dict(Counter(line.rule_id for line in self.wiring.store.queries.flags("open").rows))


def _decision_step(title: Words, result: VerifyResult, told: Words, expected: Facts, found: Facts) -> Step:
    return Step(title, result.decision.outcome.value, told, expected, found)


def _decided(result: VerifyResult) -> dict[str, str | int | bool | None]:
    zone = result.decision.zone
    return {"decision": result.decision.outcome.value, "zone": zone.value if zone else None}


def _score(result: VerifyResult) -> str:
    comparison = result.comparison
    if comparison is None:
        return "not compared"
    return f"{comparison.zone.value.replace('_', '-')} {comparison.similarity:.3f} (match ≥ {comparison.accept_at:.3f})"


def _qr(address: str) -> tuple[str, ...]:
    """Half a line per row of modules; light ones are drawn, for a dark terminal."""
    drawn = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(drawn, border=1, compact=True)
    return tuple(line for line in drawn.getvalue().splitlines() if line)


def _holds(token: str, keys: Mapping[str, bytes]) -> bool:
    try:
        verify_token(token, keys)
    except (SealBroken, FileUnreadable):
        return False
    return True


def _with_later_due_date(token: str) -> str:
    """The token as a forger would hand it in: another due date under the old signature."""
    prefix, body, *rest = token.split(".") if token.count(".") == 3 else ("", "e30", "", "")
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    changed = json.dumps({**payload, "due_on": "2099-12-31"}, sort_keys=True, separators=(",", ":")).encode()
    return ".".join((prefix, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), *rest))


def _silent(_done: int) -> None:
    """Two photos need no progress bar."""
