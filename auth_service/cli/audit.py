"""The audit trail: examined, signed, written out, and one row of it proved. How to use it: docs/operations/audit.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.audit_export import AuditExport, ExportHeader, write_export
from auth_service.connectors.audit_trust import keyholders_in
from auth_service.connectors.witness_folder import kept_notes
from auth_service.core.audit_check import OWN, Examination, KeptNote, Problem, Trouble, disowned_in, examine
from auth_service.core.audit_restores import Again, explained
from auth_service.core.checkpoint import AuditPolicy, Checkpoint
from auth_service.core.errors import CheckpointInvalid, FieldMissing, FileUnreadable
from auth_service.core.outside_copies import Copies
from auth_service.core.row_proof import read_row_proof
from auth_service.core.witness import AuditStatus, WitnessState, lateness
from auth_service.flows.examine_audit import told
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

audit = typer.Typer(no_args_is_help=True, help="The audit trail: verify, sign, export, prove.")

_MOST_BYTES = 4_000_000
_SHOWN = 20
_AFTER_A_RESTORE = (
    "→ 恢复记录任何人都可能伪造：请有权人员核对该备份的签名清单，再为见证换新位置，见 docs/operations/audit.md",
    "such a row can be forged: compare it with the backup's manifest, then docs/operations/audit.md, After a restore",
)
PublicKeyOption = Annotated[
    Path | None, typer.Option(help="keys to trust, from a copy kept outside (`audit key`); default: this service's own")
]


@audit.command("verify")
def verify_audit(
    against: Annotated[
        list[Path] | None,
        typer.Option(
            help="checkpoints kept outside: a witness folder or one file; may be given more than once "
            "(default: the witness folder of the settings)"
        ),
    ] = None,
    public_key: PublicKeyOption = None,
    export: Annotated[
        Path | None, typer.Option(help="examine this export (`audit export`), without database and settings")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Examine the whole trail: chain, guards, Merkle tree, every checkpoint, and whether a genuine row tells of each
    attempt, certificate, judgement, review, act on money and act about a case. Exit 1 when an edit, a deletion, a
    reordering, a cut tail, a rollback, a second history, or a forged row, fact or checkpoint is found."""
    with speaking(as_json=as_json) as voice:
        if export is not None:
            outside = _outside(against or ())
            copies = Copies(_folders(against or ()), lateness(AuditPolicy()))
            found = _examined_export(export, outside, public_key, voice, copies)
        else:
            wiring = Wiring(load_settings())
            wiring.store.check_schema()
            places = against or _configured(wiring)
            outside = _outside(places)
            copies = Copies(_folders(places), lateness(wiring.settings.audit), wiring.clock.now())
            keyholders = keyholders_in(public_key) if public_key else wiring.audit_keyholders
            with voice.progress("rows", wiring.store.queries.operations().audit_rows) as advance:
                found = wiring.examine_audit.run(outside, keyholders, advance, copies)
        _say_examined(voice, found, len(outside))
        if export is not None:
            _say_without_keys(voice)
        voice.result({**_examination(found, len(outside)), "guards": export is None})
        if not found.ok:
            raise typer.Exit(1)


def _configured(wiring: Wiring) -> Sequence[Path]:
    folder = wiring.settings.audit.witness_folder
    return (Path(folder),) if folder else ()


def _outside(places: Iterable[Path]) -> list[KeptNote]:
    """raises FileUnreadable"""
    return [kept for place in places for kept in kept_notes(place)]


def _folders(places: Iterable[Path]) -> list[str]:
    return [str(place) for place in places if place.is_dir()]


def _examined_export(
    file: Path, outside: Sequence[KeptNote], public_key: Path | None, voice: Voice, copies: Copies
) -> Examination:
    """Without database and settings. raises FieldMissing, FileUnreadable"""
    if public_key is None:
        raise FieldMissing("an export is examined with a public key kept outside", field="public_key")
    export = AuditExport(file)
    notes = [*(KeptNote(OWN, note) for note in export.notes), *outside]
    with voice.progress("rows", export.header.rows) as advance:
        rows = told(export.rows(), advance)
        head, trusted = (export.header.rows, export.header.head), keyholders_in(public_key)
        disowned = disowned_in(export.rows())
        found = examine(rows, head, notes, trusted, disowned)
    found = explained(found, Again(export.rows, head, disowned), notes, trusted)
    return replace(found, problems=found.problems + copies.behind(export.notes, outside, found.taken_back))


def _say_examined(voice: Voice, found: Examination, outside: int) -> None:
    if found.ok:
        voice.say(f"[green]✓[/] {found.rows} rows, chain whole, head {found.head[:16]}…")
        voice.say(f"  {found.checkpoints} checkpoints fit; {outside} notes kept outside were compared")
        if found.rows > found.covered:
            voice.say(f"  the last {found.rows - found.covered} rows are not under a checkpoint yet")
    for problem in found.problems[:_SHOWN]:
        voice.say(f"[red]✗[/] {problem.trouble.value} {_where(problem)}  [dim]{problem.source}[/] {problem.detail}")
    if len(found.problems) > _SHOWN:
        voice.say(f"  and {len(found.problems) - _SHOWN} more (--json has all)")
    if any(problem.trouble is Trouble.RESTORED for problem in found.problems):
        voice.both(*_AFTER_A_RESTORE, indent="    ")
    if not outside:
        voice.say("[yellow]–[/] compared with no checkpoint outside: a database that was rewritten or put back as a "
                  "whole is not found by this (--against)")  # fmt: skip


def _say_without_keys(voice: Voice) -> None:
    voice.say("[yellow]–[/] without the key store only chain and checkpoints can be examined; rows that were put in so "
              "that they fit, and facts without a row, are found by `audit verify` on the service")  # fmt: skip


def _where(problem: Problem) -> str:
    if problem.first is None:
        return ""
    last = problem.last or problem.first
    return f"at row {problem.first}" if last == problem.first else f"within rows {problem.first} to {last}"


def _examination(found: Examination, outside: int) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "ok": found.ok,
        "first_bad": found.first_bad,
        "last_bad": found.last_bad,
        "head": found.head,
        "root": found.root.hex(),
        "checkpoints": found.checkpoints,
        "outside": outside,
        "covered": found.covered,
        "problems": [
            {"trouble": p.trouble.value, "source": p.source, "first": p.first, "last": p.last, "detail": p.detail}
            for p in found.problems
        ],
    }


@audit.command("checkpoint")
def make_checkpoint(as_json: JsonFlag = False) -> None:
    """Sign the trail as it is now and deliver what witnesses lack. Exit 1 when a witness could not be served."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        report = wiring.checkpoint.run(force=True)
        if report.checkpoint is None:
            voice.say("The trail is empty: nothing to sign.")
        else:
            what = "signed" if report.made else "no new rows since"
            voice.say(f"{what}: checkpoint {report.checkpoint.number}, {report.checkpoint.rows} rows, "
                      f"root {report.checkpoint.root.hex()[:16]}…")  # fmt: skip
        for name, count in report.delivered.items():
            voice.say(f"  {name}: {count} delivered")
        for name, code in report.failed.items():
            voice.say(f"  [red]✗[/] {name}: {code}")
        shown = None if report.checkpoint is None else _checkpoint(report.checkpoint)
        voice.result({"made": report.made, "checkpoint": shown, "delivered": report.delivered, "failed": report.failed})
        if report.failed:
            raise typer.Exit(1)


def _checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "number": checkpoint.number,
        "rows": checkpoint.rows,
        "root": checkpoint.root.hex(),
        "head": checkpoint.head,
        "at": checkpoint.at.isoformat(),
        "origin": checkpoint.origin,
    }


@audit.command("export")
def export_audit(
    out: Annotated[Path, typer.Argument(help="file to write, one JSON document per line")], as_json: JsonFlag = False
) -> None:
    """Write out every row and checkpoint, for an examination elsewhere. Nothing personal stands in it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with wiring.examine_audit.trail() as trail, voice.progress("rows", trail.rows) as advance:
            header = ExportHeader(trail.rows, trail.head)
            rows = write_export(out, header, trail.notes, told(trail.stored(), advance))
        voice.say(f"{rows} rows written to {out}")
        voice.result({"rows": rows, "file": str(out)})


@audit.command("prove")
def prove_row(
    row: Annotated[int, typer.Argument(help="number of the row", min=1)],
    out: Annotated[Path, typer.Argument(help="file to write")],
    as_json: JsonFlag = False,
) -> None:
    """Write a proof that a row stands under a signed checkpoint; anybody checks it with `audit verify-proof`."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        keyholders = wiring.audit_keyholders
        proof = wiring.examine_audit.prove(row, keyholders)
        try:
            out.write_text(proof.text(), encoding="utf-8")
        except OSError as error:
            raise FileUnreadable(f"{out.name} cannot be written: {error.strerror}", field="out") from error
        checkpoint = proof.check(keyholders)
        voice.say(f"Row {row} stands under checkpoint {checkpoint.number} ({checkpoint.rows} rows): {out}")
        voice.result({"row": row, "file": str(out), "hashes": len(proof.path), "checkpoint": _checkpoint(checkpoint)})


@audit.command("verify-proof")
def verify_proof(
    file: Annotated[Path, typer.Argument(help="a proof (`audit prove`)")],
    public_key: Annotated[Path, typer.Option(help="keys to trust, from a copy kept outside (`audit key`)")],
    as_json: JsonFlag = False,
) -> None:
    """Check a proof of one row, without database and settings. Exit 1 when it does not hold."""
    with speaking(as_json=as_json) as voice:
        try:
            with file.open("rb") as opened:
                proof = read_row_proof(opened.read(_MOST_BYTES).decode())
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadable(f"{file.name} cannot be read", field="file") from error
        try:
            checkpoint = proof.check(keyholders_in(public_key))
        except CheckpointInvalid as error:
            voice.say(f"[red]✗[/] nothing is proved: {error.detail}")
            voice.result({"valid": False, "reason": error.detail})
            raise typer.Exit(1) from None
        row = proof.row
        voice.say(f"[green]✓[/] row {row.number} of {checkpoint.rows}, signed as checkpoint {checkpoint.number} "
                  f"of {checkpoint.origin} at {checkpoint.at.isoformat()}")  # fmt: skip
        voice.plain(f"{row.at}  {row.actor}  {row.action}  {row.subject}  {row.details}")
        voice.result({"valid": True, "row": row._asdict(), "checkpoint": _checkpoint(checkpoint)})


@audit.command("witness")
def witness_status(as_json: JsonFlag = False) -> None:
    """Say how far trail, checkpoints and witnesses are. Exit 1 when something needs a look."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        status, problems = wiring.audit_status(ask=True), wiring.audit_problems(ask=True)
        at = "" if status.checkpoint is None else f" of {status.checkpoint.at.isoformat()}"
        voice.say(f"{status.rows} rows, {status.uncovered} not signed yet; newest checkpoint: {status.newest}{at}")
        rows = [
            (state.name, str(state.delivered), str(status.waiting()[state.name]), _state_of(wiring, status, state))
            for state in status.witnesses
        ]
        voice.table("Witnesses", ("witness", "has", "waiting", "state"), rows)
        for code in problems:
            voice.say(f"[red]✗[/] {code}")
        keys = ("witness", "delivered", "waiting", "state")
        voice.result(
            {
                "rows": status.rows,
                "unsigned": status.uncovered,
                "checkpoint": None if status.checkpoint is None else _checkpoint(status.checkpoint),
                "witnesses": [dict(zip(keys, row, strict=True)) for row in rows],
                "problems": list(problems),
            }
        )
        if problems:
            raise typer.Exit(1)


def _state_of(wiring: Wiring, status: AuditStatus, state: WitnessState) -> str:
    seen = status.problem_of(state, wiring.settings.audit, wiring.clock.now())
    return seen or state.code or "fine"


@audit.command("key")
def public_keys(
    out: Annotated[Path | None, typer.Argument(help="file to write; shown when left out")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Give the public keys of the checkpoints, for a copy outside. Nothing in them is secret."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        wiring.audit_signer.public_key()  # made at the first use
        keys = [key.text() for key in wiring.audit_keyholders.keys]
        text = "".join(f"{key}\n" for key in keys)
        if out is None:
            voice.plain(text.rstrip())
        else:
            try:
                out.write_text(text, encoding="ascii")
            except OSError as error:
                raise FileUnreadable(f"{out.name} cannot be written: {error.strerror}", field="out") from error
            voice.say(f"{len(keys)} public keys written to {out}")
        voice.result({"keys": keys})


@audit.command("renew-key")
def renew_key(as_json: JsonFlag = False) -> None:
    """Sign with a new key from now on, after a loss or a suspicion; what the old one signed stays verifiable."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        before, after = wiring.renew_audit_key("cli")
        voice.say(f"New key {after} (before: {before}). Give `auth-service audit key` to everybody who checks.")
        voice.result({"before": before, "after": after})
