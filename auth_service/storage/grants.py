"""Who may do what in a PostgreSQL database, as data. SQLite knows no rights; its triggers guard the facts alone.

Three roles, made by deploy/postgres/roles.sql. None that runs can read identities, faces and bank references together
(trust.md 2.6). UPDATE and DELETE are given where the code needs them and column by column; append-only tables have
neither, so that not even a broken trigger lets a fact be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, text

from auth_service.storage.postgres import SCHEMAS
from auth_service.storage.tables import metadata


class DatabaseRole(StrEnum):
    """front serves and works, ledger imports, owner migrates and restores and is used for nothing else."""

    FRONT = "auth_service_front"
    LEDGER = "auth_service_ledger"
    OWNER = "auth_service_owner"


@dataclass(frozen=True, slots=True)
class Right:
    """What a role may do with one table besides reading it. `update` names columns."""

    insert: bool = False
    update: tuple[str, ...] = ()
    delete: bool = False


Rights = Mapping[DatabaseRole, Right]
READ, ADD = Right(), Right(insert=True)


def _front(right: Right) -> Rights:
    return {DatabaseRole.FRONT: right}


def _ledger(right: Right) -> Rights:
    return {DatabaseRole.LEDGER: right}


def _both(front: Right, ledger: Right) -> Rights:
    return {DatabaseRole.FRONT: front, DatabaseRole.LEDGER: ledger}


def _columns(table: str, *but: str) -> tuple[str, ...]:
    """All columns but the key and those named."""
    kept = {column.name for column in metadata.tables[table].primary_key} | set(but)
    return tuple(column.name for column in metadata.tables[table].columns if column.name not in kept)


_OF_DEVICES = (
    "code_hash", "approved_by", "approved_at", "public_key", "enrolled_at", "quarantined_at", "quarantine_reason",
    "release_proposed_by", "released_by", "released_at", "revoked_by", "revoked_at", "last_seen_at",
    "staff_called_at", "counter", "guard",
)  # fmt: skip
_OF_SESSIONS = (
    "token_index", "challenge_sealed", "started_at", "claimed_at", "decided_at", "ended_at", "evidence_id",
)  # fmt: skip
_OF_OFFLINE = (
    "session_id", "fault", "fault_at", "hold", "tries", "decided_at", "evidence_id", "record_sealed", "signature",
)  # fmt: skip
"""Columns that change in the life of a device, a capture session, a record made without a line."""

GRANTS: dict[str, Rights] = {
    # public: what names nobody
    "alembic_version": _both(READ, READ),
    "schema_reach": _both(READ, READ),
    "regions": _both(READ, ADD),
    "service_keys": _both(Right(insert=True, update=("wrapping_key", "wrapped")), ADD),
    # who takes a row lock needs a right to change some column of the row: `created_at`, `first_used_at` give only that
    "person_keys": _both(
        Right(update=("wrapping_key", "wrapped", "destroyed_at")), Right(insert=True, update=("created_at",))
    ),
    "wrapping_keys": _both(Right(insert=True, update=("retired_at",)), Right(insert=True, update=("first_used_at",))),
    "erasures": _front(ADD),
    "evidence": _front(ADD),
    "certificates": _front(ADD),
    "receipts": _front(ADD),
    "revocations": _front(ADD),
    "calibrations": _front(ADD),
    "calibration_activations": _front(ADD),
    "flash_measurements": _front(ADD),
    "flash_acts": _front(ADD),
    "policies": _front(ADD),
    "policy_activations": _front(ADD),
    "rule_settings": _front(ADD),
    "rule_activations": _front(ADD),
    "rule_runs": _front(Right(insert=True, update=("place", "facts", "raised", "finished_at"), delete=True)),
    "shadow_flags": _front(ADD),
    "shadow_flag_people": _front(ADD),
    "shadow_judgements": _front(ADD),
    "outages": _front(ADD),
    "service_signs": _front(Right(insert=True, update=("seen_at",))),
    "fund_counts": _front(Right(insert=True, update=("counted_at", "numbers"))),
    "sweeps": _front(Right(insert=True, update=("place", "finished_at", "judged", "changed"))),
    "flags": _both(ADD, ADD),
    "flag_people": _both(ADD, ADD),
    "judgements": _front(ADD),
    "reviews": _front(ADD),
    **dict.fromkeys(
        ("payment_proposals", "payment_decisions", "payment_files", "payment_sent", "payment_answers"), _front(ADD)
    ),
    **dict.fromkeys(("contests", "contest_acts", "cases", "case_flags", "case_acts"), _front(ADD)),
    "audit_rows": _both(ADD, ADD),
    # the rows move the head along; the right to change `id`, which a trigger refuses, is only that to lock it
    "audit_head": _both(Right(update=("id",)), Right(update=("id",))),
    "audit_base": _both(READ, READ),
    "audit_checkpoints": _front(ADD),
    "audit_witnesses": _front(Right(insert=True, update=_columns("audit_witnesses"))),
    "staff": _front(Right(insert=True, update=("password_hash", "disabled_at", "guard"))),
    "staff_sessions": _front(Right(insert=True, update=("last_seen_at",), delete=True)),
    "sign_in_failures": _front(Right(insert=True, delete=True)),
    "api_keys": _front(Right(insert=True, update=("disabled", "guard"))),
    "devices": _front(Right(insert=True, update=_OF_DEVICES)),
    "device_nonces": _front(Right(insert=True, delete=True)),
    "flag_devices": _front(ADD),
    "offline_tickets": _front(Right(insert=True, update=("used_by", "used_at"), delete=True)),
    "reconciliations": _front(Right(insert=True, delete=True)),
    "saved_answers": _front(Right(insert=True, update=_columns("saved_answers", "fingerprint"), delete=True)),
    "limit_counts": _front(Right(insert=True, update=("count",))),
    "imports": _both(Right(delete=True), Right(insert=True, update=("finished_at", "counts"))),
    "registry_batches": _both(READ, Right(insert=True, update=_columns("registry_batches", "kind", "begun_at"))),
    "registry_acts": _both(ADD, ADD),
    **dict.fromkeys(("registry_refusals", "registry_pushes"), _both(READ, ADD)),
    **dict.fromkeys(("link_findings", "link_acts"), _front(ADD)),
    "link_places": _front(Right(insert=True, update=_columns("link_places"))),
    "poverty_months": _both(READ, Right(insert=True, update=("stage", "place", "finished_at"))),
    "poverty_counts": _both(READ, ADD),
    "job_leases": _front(Right(insert=True, update=_columns("job_leases"))),
    "job_runs": _front(Right(insert=True, update=("ended_at", "outcome", "code", "counts"), delete=True)),
    "face_thresholds": _front(ADD),
    "face_scans": _front(Right(insert=True, update=("place", "tail", "finished_at", "raised"))),
    "other_ways": _front(Right(insert=True, update=("settled_at", "settled_by", "note_sealed"), delete=True)),
    # identity
    "people": _both(READ, Right(insert=True, update=_columns("people", "created_at"))),
    "benefits": _both(READ, Right(insert=True, update=_columns("benefits"))),
    "life_events": _both(ADD, ADD),
    "tag_changes": _both(ADD, ADD),
    "arrangements": _both(ADD, ADD),
    "declared_kin": _front(ADD),
    "life_states": _both(Right(insert=True, update=_columns("life_states")), READ),
    "notices_outbox": _front(
        Right(insert=True, update=("state", "due_at", "tries", "claim", "code", "settled_at", "guard"), delete=True)
    ),
    "notice_wishes": _front(Right(insert=True, update=_columns("notice_wishes"), delete=True)),
    "own_requests": _front(Right(insert=True, update=("settled_at", "settled_by", "answer", "papers", "note_sealed"))),
    # who serves may only empty what has been kept long enough
    "registry_records": _both(Right(update=("id_index", "content_index", "content_sealed")), ADD),
    # the same: who serves empties lines, and adds none
    "poverty_lines": _both(Right(update=("subject_index", "said_sealed")), ADD),
    "consents": _front(Right(insert=True, update=("reference_sealed",))),
    # what was paid comes with the ledger's files alone: who serves cannot make anybody owe anything
    "payments": _both(READ, ADD),
    # faces
    "photos": _front(Right(insert=True, update=("erased_at",))),
    "reference_photos": _front(
        Right(
            insert=True,
            update=("template_sealed", "photo_hash_sealed", "pixel_index", "file_index", "taken_on", "erased_at"),
        )
    ),
    "reference_sets": _front(Right(insert=True, update=("superseded_at", "template_sealed"))),
    "reference_set_photos": _front(ADD),
    "captures": _front(Right(insert=True, update=("template_sealed", "photo_hash_sealed", "erased_at"))),
    "capture_sessions": _front(Right(insert=True, update=_OF_SESSIONS, delete=True)),
    "capture_moves": _front(Right(insert=True, delete=True)),
    "capture_steps": _front(Right(insert=True, delete=True)),
    "offline_records": _front(Right(insert=True, update=_OF_OFFLINE, delete=True)),
    "pad_findings": _front(Right(insert=True, update=("details_sealed",))),
    "chip_comparisons": _front(ADD),
    "replay_prints": _front(ADD),
    "replay_cells": _front(ADD),
    "face_scan_pairs": _front(Right(insert=True, delete=True)),
    # bank
    "bank_references": _ledger(Right(insert=True, update=_columns("bank_references"), delete=True)),
}
"""Every table, and who may do what with it. A role that is not named may not even read. A test fails for a table that
is missing here, and for a right that the database gives and this does not."""

_TRIGGERS = (
    "refuse_change()", "refuse_change_of_young()", "refuse_unless_erased()", "keep_captures()",
    "keep_findings()", "keep_prints()", "move_audit_head()", "refuse_unwritten_head()",
    "keep_registry_batches()", "keep_registry_records()", "keep_registry_acts()", "keep_poverty_months()",
    "keep_poverty_lines()", "keep_case_acts()", "keep_case_flags()", "keep_registry_pushes()",
)  # fmt: skip
FUNCTIONS: dict[str, tuple[DatabaseRole, ...]] = {
    **dict.fromkeys(_TRIGGERS, ()),
    "expire_facts(timestamptz, integer)": (DatabaseRole.FRONT,),
    "forget_erased(text, timestamptz)": (DatabaseRole.FRONT,),
    "expire_captures(timestamptz, integer)": (DatabaseRole.FRONT,),
    "expire_prints(timestamptz, integer)": (DatabaseRole.FRONT,),
    "forget_prints(text)": (DatabaseRole.FRONT,),
    "forget_counts(timestamptz)": (DatabaseRole.FRONT,),
}
"""Functions of the schema, and who may call them. Triggers need nobody's right."""

_SCHEMAS_OF = {
    DatabaseRole.FRONT: ("public", "identity", "faces"),
    DatabaseRole.LEDGER: ("public", "identity", "bank"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a database role may do beyond its part, and what it lacks, as `UPDATE audit_rows`."""

    more: tuple[str, ...]
    less: tuple[str, ...]


def apply(connection: Connection) -> bool:
    """Gives the roles exactly these rights; False where they do not exist, or who migrates owns not the tables."""
    present = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    roles = [role for role in (DatabaseRole.FRONT, DatabaseRole.LEDGER) if role in present]
    tables = connection.execute(_TABLES, {"schemas": list(SCHEMAS)}).all()
    if not roles or not all(table.mine for table in tables):
        return False
    names = ", ".join(table.full_name for table in tables)
    here = {table.relname for table in tables}
    taken = ", ".join(["PUBLIC", *roles])
    connection.exec_driver_sql(f"REVOKE ALL ON {names} FROM {taken}")
    connection.exec_driver_sql("ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC")
    connection.exec_driver_sql("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    for schema in ("identity", "faces", "bank"):
        connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {schema} FROM {taken}")
    for role in roles:
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {', '.join(_SCHEMAS_OF[role])} TO {role}")
        for table, rights in GRANTS.items():
            if role in rights and table in here:
                connection.exec_driver_sql(f"GRANT {_words(rights[role])} ON {table} TO {role}")
    _grant_functions(connection, roles)
    _grant_numbers(connection, roles, here)
    return True


def difference(connection: Connection, role: DatabaseRole, name: str | None = None) -> Difference:
    """How the rights of a database user (the one of this connection when None) differ from a role's part."""
    more, less = [], []
    who = connection.execute(_WHO, {"name": name}).one()
    if who.rolsuper:
        return Difference(("everything (a superuser)",), ())
    held = connection.execute(_HELD, {"name": who.rolname, "schemas": list(SCHEMAS)})
    for row in held:
        right = GRANTS.get(row.relname, {}).get(role)
        wanted = set() if right is None else _wanted(right)
        found = {verb for verb in ("SELECT", "INSERT", "DELETE", "TRUNCATE") if getattr(row, verb.lower())}
        found |= {f"UPDATE({column})" for column in row.updatable}
        more += [f"{verb} {row.relname}" for verb in sorted(found - wanted)]
        less += [f"{verb} {row.relname}" for verb in sorted(wanted - found)]
    return Difference(tuple(more), tuple(less))


def _wanted(right: Right) -> set[str]:
    given = {"SELECT"} | {f"UPDATE({column})" for column in right.update}
    return given | ({"INSERT"} if right.insert else set()) | ({"DELETE"} if right.delete else set())


def _words(right: Right) -> str:
    words = ["SELECT"]
    words += ["INSERT"] if right.insert else []
    words += [f"UPDATE ({', '.join(right.update)})"] if right.update else []
    words += ["DELETE"] if right.delete else []
    return ", ".join(words)


def _grant_functions(connection: Connection, roles: Iterable[DatabaseRole]) -> None:
    for function, callers in FUNCTIONS.items():
        asked = {"function": function}
        if connection.execute(text("SELECT to_regprocedure(:function)"), asked).scalar() is None:
            continue
        connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {function} FROM {', '.join(['PUBLIC', *roles])}")
        for role in callers:
            if role in roles:
                connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")


def _grant_numbers(connection: Connection, roles: Iterable[DatabaseRole], here: set[str]) -> None:
    """The sequences behind numbers that the database gives out."""
    for table in metadata.tables.values():
        numbered = table.autoincrement_column
        if numbered is None or table.name not in here:
            continue
        asked = {"table": table.name, "column": numbered.name}
        sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), asked).scalar()
        if sequence is None:
            continue
        for role in roles:
            connection.exec_driver_sql(f"REVOKE ALL ON SEQUENCE {sequence} FROM PUBLIC, {role}")
            right = GRANTS.get(table.name, {}).get(role)
            if right is not None and right.insert:
                connection.exec_driver_sql(f"GRANT USAGE ON SEQUENCE {sequence} TO {role}")


_TABLES = text("""
    SELECT c.relname, CAST(c.oid AS regclass)::text AS full_name, pg_has_role(c.relowner, 'USAGE') AS mine
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN :schemas AND c.relkind = 'r'
""").bindparams(bindparam("schemas", expanding=True))
_WHO = text("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = coalesce(CAST(:name AS name), current_user)")
_HELD = text("""
    SELECT c.relname,
           has_table_privilege(:name, c.oid, 'SELECT') AS select,
           has_table_privilege(:name, c.oid, 'INSERT') AS insert,
           has_table_privilege(:name, c.oid, 'DELETE') AS delete,
           has_table_privilege(:name, c.oid, 'TRUNCATE') AS truncate,
           ARRAY(SELECT CAST(a.attname AS text) FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   AND has_column_privilege(:name, c.oid, a.attnum, 'UPDATE') ORDER BY a.attnum) AS updatable
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN :schemas AND c.relkind = 'r'
    ORDER BY c.relname
""").bindparams(bindparam("schemas", expanding=True))
