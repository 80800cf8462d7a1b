"""Versions of the wrapping key: what there is, a new one that takes over, and the end of an old one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.cli.verify import read_file
from auth_service.connectors.signing import public_key_jwk, public_key_pem, read_public_key
from auth_service.core.clock import legal_date
from auth_service.flows.rotate_keys import Version
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

keys = typer.Typer(no_args_is_help=True, help="Keys that everything is sealed under, and the one that signs.")
public_keys = typer.Typer()


@keys.command("status")
def status(as_json: JsonFlag = False) -> None:
    """Say which versions of the wrapping key there are and how many data keys each wraps. Exit 1 when one is missing
    that something still needs."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        versions = wiring.rotate_keys.status()
        rows = [(one.id, one.state, str(one.wraps), _day(one.first_used_at), _day(one.retired_at)) for one in versions]
        voice.table("Wrapping keys", ("version", "state", "wraps", "first used", "retired"), rows)
        voice.say(f"Certificates are signed by [cyan]{wiring.signer.key_id}[/].")
        store = wiring.settings.keys.store.value
        voice.result({"store": store, "versions": [_document(one) for one in versions],
                      "signing_key": wiring.signer.key_id})  # fmt: skip
        if any(one.state == "missing" and one.wraps for one in versions):
            voice.say("[red]✗[/] a key that data needs is not in the key store; put it back from its backup.")
            raise typer.Exit(1)


@keys.command("rotate")
def rotate(
    signing: Annotated[bool, typer.Option("--signing", help="the key that signs certificates instead")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="with --signing: the present signing key is lost")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Make a new version and wrap every data key with it, while the service goes on. If it is stopped at any moment,
    running it again finishes the same rotation. Exit 1 when keys were found that no version opens."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        if signing:
            if lost:
                wiring.key_choice.signer(may_create=lambda: True)
            before, after = wiring.rotate_signing_key.run("cli")
            voice.say(f"[green]✓[/] {after} signs from now on; certificates signed by {before} stay valid.")
            voice.result({"before": before, "after": after})
            return
        with voice.progress("wrapping", wiring.rotate_keys.total()) as advance:
            report = wiring.rotate_keys.run("cli", advance)
        voice.say(f"[green]✓[/] {report.people} keys wrapped anew by {report.version}" +
                  (" (an earlier rotation was finished)" if report.resumed else ""))  # fmt: skip
        voice.result({"version": report.version, "resumed": report.resumed, "people": report.people,
                      "unreadable": list(report.unreadable)})  # fmt: skip
        if report.unreadable:
            voice.say(f"[red]✗[/] {len(report.unreadable)} keys open under no version and were left as they are.")
            raise typer.Exit(1)


@keys.command("retire")
def retire(
    version: Annotated[str, typer.Argument(help="id of the version, from `keys status`")],
    force: Annotated[
        bool, typer.Option("--force", help="although backups of the last 30 days need it to be restored")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Destroy a version that wraps nothing any more. Older copies of wrapped keys can never be opened again."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        wiring.rotate_keys.retire(version, "cli", force=force)
        voice.say(f"[green]✓[/] {version} is destroyed.")
        voice.result({"retired": version})


@public_keys.command("public-key")
def public_key(
    remember: Annotated[
        Path | None, typer.Option("--remember", help="add a key published earlier (PEM), if the record of them is lost")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the public keys that certificates are checked with, for whoever checks them offline (PEM; --json: JWK)."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        signing = wiring.signer.key_id
        if remember is not None:
            added = wiring.key_choice.public_keys.add(read_public_key(read_file(remember)))
            voice.say(f"[green]✓[/] {added} is on record.")
        found = wiring.key_choice.public_keys.all()
        _say_keys(voice, found, signing)
        voice.result(
            {
                "signing": signing,
                "keys": [{**public_key_jwk(key), "pem": public_key_pem(key)} for key in found.values()],
            }
        )


def _say_keys(voice: Voice, found: dict[str, bytes], signing: str) -> None:
    for key_id, key in found.items():
        voice.plain(f"{key_id}{'  (signs now)' if key_id == signing else ''}\n{public_key_pem(key)}")


def _day(instant: datetime | None) -> str:
    return legal_date(instant).isoformat() if instant else ""


def _document(version: Version) -> dict[str, Any]:
    instants = {
        name: instant.isoformat() if instant else None
        for name, instant in (
            ("first_used_at", version.first_used_at),
            ("superseded_at", version.superseded_at),
            ("retired_at", version.retired_at),
        )
    }
    return {"id": version.id, "state": version.state, "wraps": version.wraps, **instants}
