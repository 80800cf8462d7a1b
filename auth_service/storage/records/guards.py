"""Guards of the rows that let somebody in, of the thresholds, measurements and policies that decide, of what reviewers
said and of acts on money: a keyed HMAC over what each row grants.

Somebody with the database file alone can write a row, but not its guard: the key lies in the key ring. What the guard
cannot show is an old row put back whole, such as an account as it was before it was disabled, or that the newest row is
gone; that act is missing in the audit trail then, and checkpoints keep the trail from being put back with it
(docs/decisions/0017-checkpoints.md).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from auth_service.core.audit import AuditEvent, instant_text
from auth_service.core.errors import AccountTampered
from auth_service.storage.records.audit import Audit
from auth_service.storage.sealing import BlindIndexes
from auth_service.storage.tables import (
    AnswerRow,
    ApiKeyRow,
    AuditRowTable,
    CalibrationActivationRow,
    CalibrationRow,
    CaseActRow,
    CaseFlagRow,
    CaseRow,
    ContestActRow,
    ContestRow,
    DecisionRow,
    DeclaredKinRow,
    DeviceRow,
    FlashActRow,
    FlashMeasurementRow,
    LinkActRow,
    LinkFindingRow,
    NoticeRow,
    PolicyActivationRow,
    PolicyRow,
    ProposalRow,
    RegistryActRow,
    RegistryBatchRow,
    ReviewRow,
    RevocationRow,
    RuleActivationRow,
    RuleSettingRow,
    StaffRow,
    StaffSessionRow,
)
from auth_service.storage.tables.schema import Schema, table_of
from auth_service.storage.work import Work, to_json

ACCOUNTS_GUARDED_SINCE = "2026_11_24_2_checkpoints"
"""The migration step at which accounts of earlier releases are guarded, once."""
CALIBRATIONS_GUARDED_SINCE = "2026_11_28_1_calibration_guards"
"""The same for threshold records and their activations."""
_COVERED: dict[type[Schema], tuple[str, ...]] = {
    StaffRow: ("id", "username", "role", "password_hash", "created_at", "disabled_at"),
    ApiKeyRow: ("id", "name", "scopes", "secret_hash", "created_at", "expires_at", "disabled"),
    StaffSessionRow: ("token_hash", "staff_id", "csrf_token", "created_at"),
    CalibrationRow: (
        "id", "name", "engine", "weights_digest", "record_digest", "report", "proposed_by", "proposed_at",
    ),
    CalibrationActivationRow: (
        "number", "calibration_id", "record_digest", "proposed_by", "activated_by", "activated_at",
    ),
    FlashMeasurementRow: ("id", "name", "record_digest", "recorded_by", "recorded_at"),
    FlashActRow: ("number", "measurement_id", "record_digest", "recorded_by", "act", "done_by", "done_at"),
    PolicyRow: ("id", "name", "document_digest", "proposed_by", "proposed_at"),
    PolicyActivationRow: (
        "number", "policy_id", "document_digest", "starts_on", "proposed_by", "activated_by", "activated_at",
    ),
    ReviewRow: ("id", "evidence_id", "number", "person_id", "act", "verdict", "reason", "done_by", "done_at"),
    DeviceRow: (
        "id", "kind", "name", "owner", "region_code", "place", "lens_profile", "created_by", "created_at", "code_hash",
        "code_expires_at", "approved_by", "approved_at", "public_key", "enrolled_at", "quarantined_at",
        "quarantine_reason", "release_proposed_by", "released_by", "released_at", "revoked_by", "revoked_at",
    ),
    ProposalRow: (
        "id", "person_id", "benefit_kind", "act", "ground", "month", "amount_fen", "statement", "needs_two",
        "proposed_by", "proposed_at",
    ),
    DecisionRow: ("proposal_id", "verdict", "needs_two", "proposed_by", "decided_by", "decided_at"),
    AnswerRow: ("id", "proposal_id", "number", "outcome", "code", "done_on", "answered_by", "answered_at"),
    ContestRow: ("id", "person_id", "channel", "opened_by", "opened_at"),
    ContestActRow: ("id", "contest_id", "number", "act", "proposed_by", "done_by", "done_at"),
    CaseRow: ("id", "person_id", "cause", "opened_at"),
    CaseFlagRow: ("case_id", "flag_id", "number", "gathered_at"),
    CaseActRow: (
        "id", "case_id", "number", "act", "step", "outcome", "disposition", "proposal_id", "proposed_by", "state",
        "severity", "severity_rank", "rules", "due_on", "assignee", "done_by", "done_at",
    ),
    NoticeRow: ("id", "person_id", "kind", "about", "reach", "written_by", "written_at", "state", "settled_at"),
    RevocationRow: ("serial", "reason", "revoked_at", "due_on"),
    RegistryBatchRow: (
        "id", "kind", "source", "file_digest", "profile_digest", "begun_at", "counts", "newest_at", "finished_at",
        "findings",
    ),
    RegistryActRow: ("number", "batch_id", "step", "act", "first_by", "done_by", "done_at"),
    RuleSettingRow: (
        "id", "rule_id", "rule_version", "state", "severity", "parameters", "reason", "proposed_by", "proposed_at",
    ),
    RuleActivationRow: ("number", "setting_id", "starts_on", "proposed_by", "activated_by", "activated_at"),
    LinkFindingRow: (
        "id", "record_id", "batch_id", "person_id", "kind", "source", "meaning", "rule", "strength", "id_level",
        "name_level", "birth_level", "region_level", "sex_level", "alternative", "event_on", "ref_index", "said_index",
        "found_at",
    ),
    LinkActRow: ("id", "finding_id", "number", "act", "done_by", "done_at"),
    DeclaredKinRow: (
        "id", "first_id", "second_id", "number", "relation", "act", "declared_by", "done_by", "done_at",
    ),
}  # fmt: skip
"""What each guard covers; `last_seen_at` of a session changes with every request and can only shorten its life. The
`record_digest` of an activation is its proposal's, or its measurement's: it belongs to the numbers as they were shown.
Its `number` is covered so that an earlier one cannot be put behind a later one again."""
_COVERED_IF_SAID: dict[type[Schema], tuple[str, ...]] = {ApiKeyRow: ("registry_kinds", "registry_source")}
"""Columns that a later release added: covered, all of them, as soon as one says something. Guards of rows from before
hold, and a release that does not know the columns refuses a row in which they limit what it grants."""
_SUBJECT = {
    StaffRow: "staff",
    ApiKeyRow: "api_key",
    StaffSessionRow: "staff_session",
    CalibrationRow: "calibration",
    CalibrationActivationRow: "calibration_activation",
    FlashMeasurementRow: "flash_measurement",
    FlashActRow: "flash_act",
    PolicyRow: "policy",
    PolicyActivationRow: "policy_activation",
    ReviewRow: "review",
    DeviceRow: "device",
    ProposalRow: "payment_proposal",
    DecisionRow: "payment_decision",
    AnswerRow: "payment_answer",
    ContestRow: "contest",
    ContestActRow: "contest_act",
    CaseRow: "case",
    CaseFlagRow: "case_flag",
    CaseActRow: "case_act",
    NoticeRow: "notice",
    RevocationRow: "revocation",
    RegistryBatchRow: "registry_batch",
    RegistryActRow: "registry_act",
    RuleSettingRow: "rule_setting",
    RuleActivationRow: "rule_activation",
    LinkFindingRow: "link_finding",
    LinkActRow: "link_act",
    DeclaredKinRow: "declared_kin",
}
_ACCOUNTS, _CALIBRATIONS, _FLASH, _REVIEWS, _MONEY = "accounts", "calibrations", "flash", "reviews", "money"
_POLICIES, _CERTIFICATES, _REGISTRY, _RULES = "policies", "certificates", "registry", "rules"
_KIN, _CASES = "kin", "cases"
_PURPOSE = {
    CalibrationRow: _CALIBRATIONS,
    CalibrationActivationRow: _CALIBRATIONS,
    FlashMeasurementRow: _FLASH,
    FlashActRow: _FLASH,
    PolicyRow: _POLICIES,
    PolicyActivationRow: _POLICIES,
    ReviewRow: _REVIEWS,
    RevocationRow: _CERTIFICATES,
    **dict.fromkeys((RegistryBatchRow, RegistryActRow, LinkFindingRow, LinkActRow), _REGISTRY),
    RuleSettingRow: _RULES,
    RuleActivationRow: _RULES,
    DeclaredKinRow: _KIN,
    **dict.fromkeys((CaseRow, CaseFlagRow, CaseActRow), _CASES),
    **dict.fromkeys((ProposalRow, DecisionRow, AnswerRow, ContestRow, ContestActRow, NoticeRow), _MONEY),
}
"""Whose index key it is, where not the accounts'."""


def guard_of(indexes: BlindIndexes, kind: type[Schema], values: Mapping[str, Any]) -> bytes:
    """The guard of a row with these values."""
    covered = [_plain(values[name]) for name in _COVERED[kind]]
    later = [_plain(values[name]) for name in _COVERED_IF_SAID.get(kind, ())]
    if any(one is not None for one in later):
        covered += later
    return indexes.of(_PURPOSE.get(kind, _ACCOUNTS), to_json([_SUBJECT[kind], *covered]))


def covered_values(kind: type[Schema], row: Row[Any]) -> dict[str, Any]:
    """What the guard covers of a stored row."""
    return {name: getattr(row, name) for name in (*_COVERED[kind], *_COVERED_IF_SAID.get(kind, ()))}


def is_genuine(indexes: BlindIndexes, kind: type[Schema], row: Row[Any]) -> bool:
    """Whether this service wrote the row as it stands."""
    stored = row.guard
    return isinstance(stored, bytes) and hmac.compare_digest(stored, guard_of(indexes, kind, covered_values(kind, row)))


def require_genuine(indexes: BlindIndexes, kind: type[Schema], row: Row[Any]) -> None:
    """raises AccountTampered, whose detail is the subject for the audit trail"""
    if not is_genuine(indexes, kind, row):
        raise AccountTampered(subject_of(kind, row))


def subject_of(kind: type[Schema], row: Row[Any]) -> str:
    """The row, as the audit trail names it."""
    # a session's name is the hash of its token; its beginning is enough to find it by
    return f"{_SUBJECT[kind]}:{str(getattr(row, _COVERED[kind][0]))[:32]}"


def guard_earlier_accounts(work: Work) -> None:
    """Gives every account a guard. Only in the transaction of ACCOUNTS_GUARDED_SINCE."""
    connection, indexes = work.connection, work.indexes
    counts = {}
    for kind in (StaffRow, ApiKeyRow):
        table = table_of(kind)
        change = update(table).where(table.c.id == bindparam("of")).values(guard=bindparam("new"))
        rows = connection.execute(select(table)).all()
        if rows:
            guards = [{"of": row.id, "new": guard_of(indexes, kind, covered_values(kind, row))} for row in rows]
            connection.execute(change, guards)
        counts[_SUBJECT[kind]] = len(rows)
    if any(counts.values()):
        audit = Audit(work)
        audit.append(AuditEvent("system", "accounts.guarded", "", counts), datetime.now(UTC))
        audit.flush()


def guard_earlier_calibrations(work: Work) -> None:
    """Gives a guard to the threshold records and activations that the audit trail tells of: by whom, with which digest,
    at which instant. What it does not tell of keeps none, and is refused from now on. Only in the
    transaction of CALIBRATIONS_GUARDED_SINCE.
    """
    told, counts = _told_calibrations(work), {"guarded": 0, "refused": 0}
    proposals, acts = table_of(CalibrationRow), table_of(CalibrationActivationRow)
    joined = select(acts, proposals.c.record_digest).join(proposals, proposals.c.id == acts.c.calibration_id)
    for kind, wanted, action, key, (subject, by, at) in (
        (CalibrationRow, select(proposals), "proposed", "id", ("id", "proposed_by", "proposed_at")),
        (CalibrationActivationRow, joined, "activated", "number", ("calibration_id", "activated_by", "activated_at")),
    ):
        table = table_of(kind)
        for row in work.connection.execute(wanted).all():
            who, instant = f"staff:{getattr(row, by)}", instant_text(getattr(row, at))
            known = (f"calibration.{action}", f"calibration:{getattr(row, subject)}", who, instant, row.record_digest)
            counts["guarded" if known in told else "refused"] += 1
            if known in told:
                guard = guard_of(work.indexes, kind, covered_values(kind, row))
                mine = table.c[key] == getattr(row, key)
                work.connection.execute(update(table).where(mine).values(guard=guard))
    if any(counts.values()):
        audit = Audit(work)
        audit.append(AuditEvent("system", "calibrations.guarded", "", counts), datetime.now(UTC))
        audit.flush()


def _told_calibrations(work: Work) -> set[tuple[str, str, str, str, str]]:
    """Action, subject, actor, instant and digest of every proposal and activation in the audit trail."""
    rows = table_of(AuditRowTable)
    wanted = select(rows).where(rows.c.action.in_(("calibration.proposed", "calibration.activated")))
    return {
        (row.action, row.subject, row.actor, row.at, _digest_in(row.details)) for row in work.connection.execute(wanted)
    }


def _digest_in(details: str) -> str:
    """Empty where somebody put in what is no event of ours."""
    try:
        return str(json.loads(details)["record_digest"])
    except (ValueError, TypeError, KeyError):
        return ""


def _plain(value: Any) -> Any:
    """A value as every database gives it back."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
