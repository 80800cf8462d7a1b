"""Backups: made, verified, restored. The page for the operator is docs/operations/backup.md."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.archive_keys import make_recovery_key
from auth_service.core.archive import Folder, Manifest, checked
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

_MAKE = "make"
RecoveryOption = Annotated[
    Path | None, typer.Option(help="private recovery key, where this machine has no key store of its own")
]


class _FolderOrCommand(TyperGroup):
    """`backup FOLDER` makes a backup; `backup verify` and the others stand beside it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = [_MAKE, *args]
        return super().parse_args(ctx, args)


backup_app = typer.Typer(
    cls=_FolderOrCommand,
    no_args_is_help=True,
    help="auth-service backup FOLDER makes a backup there, encrypted, while the service goes on.",
)
restoring = typer.Typer()


@backup_app.command(_MAKE)
def make(
    folder: Annotated[Path, typer.Argument(help="where both parts go; best on another disk or machine")],
    as_json: JsonFlag = False,
) -> None:
    """Make a backup: a data part and a short-lived keys part, read back before they get their names."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with voice.progress("rows and files, written and read back", None) as advance:
            made = wiring.back_up.run(folder, advance)
        voice.say(f"[green]✓[/] {made.data}\n[green]✓[/] {made.keys}")
        _say_manifest(voice, made.manifest)
        if made.manifest.missing:
            voice.say(f"[red]✗[/] {made.manifest.missing} photo files are named by records but gone from the disk")
        voice.say(f"  signed by {made.signed_by}   (write it down: a restore on another machine asks for it)")
        document = {"data": str(made.data), "keys": str(made.keys), "pruned": made.pruned}
        voice.result({**document, **_document(made.manifest), "signed_by": made.signed_by})
        wiring.store.close()


@backup_app.command("verify")
def verify(
    archive: Annotated[Path, typer.Argument(help="a .asbk file, either part")],
    recovery_key: RecoveryOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Read a part to its end and compare it with its signed manifest, without restoring anything."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with (
            voice.progress("rows and files read", None) as advance,
            wiring.archives(recovery_key).open(archive) as items,
        ):
            found = checked(items, advance)
        voice.say(f"[green]✓[/] {archive.name} is whole")
        _say_manifest(voice, found.manifest)
        voice.say(
            f"  signed by {found.signed_by}" + ("" if found.known else "  [yellow]which is not this machine's key[/]")
        )
        voice.result({"ok": True, **_document(found.manifest), "signed_by": found.signed_by, "known": found.known})


@backup_app.command("recovery-key")
def recovery_key(
    file: Annotated[Path, typer.Argument(help="where the private half goes: a stick that is then locked away")],
    as_json: JsonFlag = False,
) -> None:
    """Make the offline recovery key, which opens backups when the machine is lost together with its key store."""
    with speaking(as_json=as_json) as voice:
        public = make_recovery_key(file)
        voice.say(f"Private half: {file}  (keep it offline; whoever has it and a backup can read everything)")
        voice.say("Public half, for the settings of the service:")
        voice.plain(f"AUTH_SERVICE_BACKUP__RECOVERY_KEY={public}")
        voice.result({"file": str(file), "public": public})


@restoring.command("restore")
def restore(
    archive: Annotated[Path, typer.Argument(help="the data part, data-....asbk")],
    keys: Annotated[Path, typer.Option(help="the keys part of the same backup, or a newer one")],
    recovery_key: RecoveryOption = None,
    signed_by: Annotated[
        str | None, typer.Option(help="fingerprint that the backup printed; needed when the signing key was lost too")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring a backup back into an empty AUTH_SERVICE_HOME and an empty database. May be killed and run again."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with voice.progress("rows and files, checked and loaded", None) as advance:
            restored = wiring.restore(recovery_key).run(archive, keys, signed_by, advance)
        wiring.store.close()
        voice.say(f"[green]✓[/] Restored to {wiring.settings.home.absolute()}; counts and Merkle root agree.")
        _say_manifest(voice, restored.data)
        voice.say(f"  {restored.erased} erased people erased again")
        for line in _NEXT:
            voice.say(f"  → {line}")
        steps = {"erased_again": restored.erased, "migrations": list(restored.steps), "next": list(_NEXT)}
        voice.result({**_document(restored.data), **steps})


_NEXT = (
    "first, before the worker runs: give each witness a new place (docs/operations/audit.md, After a restore)",
    "auth-service audit verify --against OLD_FOLDER finds `restored` and nothing else; then auth-service doctor",
    "staff and API keys are as they were then: disable again whoever was disabled since (auth-service staff list)",
    "what was recorded after the backup is lost: send the ledger again, and ask agencies to repeat their last requests",
    "auth-service serve, and a new backup",
)


def _say_manifest(voice: Voice, manifest: Manifest) -> None:
    about = manifest.about
    voice.say(f"  {about.part.value} part of backup {about.backup}, state of {about.snapshot_at:%Y-%m-%d %H:%M:%S} UTC")
    voice.say(f"  {manifest.rows:,} rows, {manifest.files_in(Folder.PHOTOS):,} photos, schema {about.revision}")
    if manifest.merkle_root:
        voice.say(f"  {manifest.audit_rows:,} audit rows, Merkle root {manifest.merkle_root}")


def _document(manifest: Manifest) -> dict[str, Any]:
    about = manifest.about
    return {
        "backup": about.backup,
        "part": about.part.value,
        "snapshot_at": about.snapshot_at.isoformat(),
        "revision": about.revision,
        "rows": manifest.rows,
        "tables": {name: tally.count for name, tally in manifest.tables.items()},
        "photos": manifest.files_in(Folder.PHOTOS),
        "missing_photos": manifest.missing,
        "audit_rows": manifest.audit_rows,
        "merkle_root": manifest.merkle_root,
    }
