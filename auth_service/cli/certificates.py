"""`auth-service certificates`: checked without a line, issued for passes by data, and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auth_service.cli.signing_in import PasswordStdin, all_signed_in
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.cli.verify import read_file
from auth_service.connectors.signing import verify_list
from auth_service.core.errors import FileUnreadable, SealBroken
from auth_service.qualification.certificate import CertificateClaims
from auth_service.qualification.revocation import Revocation
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

certificates = typer.Typer(no_args_is_help=True, help="Certificates of passes.")


@certificates.command("verify")
def verify_certificate(
    token: Annotated[str, typer.Argument(help="signed text of a certificate, AC1... (`token` of a verification)")],
    revoked: Annotated[
        Path | None, typer.Option(help="the signed list of what holds no longer (`certificates revoked --out`)")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check a certificate's signature offline, with this service's public key, and that nobody took it back: by the
    list that is given, or by this service's own records. Exit 1 when it does not hold."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        try:
            claims = wiring.check_token(token.rpartition("#")[2])
        except SealBroken:
            voice.say("[red]✗[/] the signature does not hold: this certificate was not issued here, or was changed.")
            voice.result({"valid": False})
            raise typer.Exit(1) from None
        end = _of_list(wiring, voice, revoked, claims.serial) if revoked else wiring.revocations.of(claims.serial)
        _tell(voice, claims, end)
        if end is not None:
            raise typer.Exit(1)


@certificates.command("revoked")
def revoked_list(
    out: Annotated[Path | None, typer.Option(help="write the signed list into this file")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print or write the signed list of certificates that hold no longer; whoever checks offline fetches it daily."""
    with speaking(as_json=as_json) as voice:
        text = Wiring(load_settings()).revocations.published()
        if out is None:
            voice.plain(text)
        else:
            try:
                out.write_text(text + "\n", encoding="ascii")
            except OSError as error:
                raise FileUnreadable(f"{out}: {error.strerror}") from error
            voice.say(f"[green]✓[/] {out}")
        voice.result({"signed": text})


@certificates.command("revoke")
def revoke(
    serial: Annotated[str, typer.Argument(help="serial number of a certificate of a pass that was none")],
    proposed_by: Annotated[str, typer.Option(help="user name of an officer; their password is asked for")],
    approved_by: Annotated[str, typer.Option(help="user name of a checker; their password is asked for")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Take a certificate back that was issued in error; two people stand for it. No due date and no payment moves."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with all_signed_in(wiring, [proposed_by, approved_by], stdin=password_stdin) as members:
            done = wiring.revocations.revoke(serial.strip().lower(), members[0], members[1])
        voice.say("[green]✓[/] it holds no longer." if done else "It had been taken back before.")
        voice.result({"serial": serial, "revoked": True, "already": not done})


@certificates.command("issue")
def issue_receipts(as_json: JsonFlag = False) -> None:
    """Give certificates to passes by data, visit or another office's word, and take back those that their source took
    back. The worker does it by itself every five minutes; twice is once."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        done = wiring.issue_receipts.run()
        voice.both(
            f"签发 {done['issued']:,} 张，撤销 {done['revoked']:,} 张",
            f"{done['issued']:,} issued, {done['revoked']:,} taken back",
        )
        voice.result(dict(done))


def _of_list(wiring: Wiring, voice: Voice, path: Path, serial: str) -> Revocation | None:
    """raises SealBroken (the list was signed by nobody of ours), FileUnreadable"""
    told = verify_list(read_file(path).decode("ascii", "replace"), wiring.key_choice.public_keys.all())
    if wiring.clock.now() >= told.next_at:
        voice.say(f"[yellow]![/] the list is of {told.issued_at:%Y-%m-%d}; please fetch a new one.")
    return told.of(serial)


def _tell(voice: Voice, claims: CertificateClaims, end: Revocation | None) -> None:
    if end is None:
        voice.say(f"[green]✓[/] {claims.serial}  {claims.evidence_kind}  {claims.passed_on} → {claims.due_on}")
    else:
        voice.say(f"[red]✗[/] {claims.serial} was taken back on {end.revoked_at:%Y-%m-%d}: {end.reason.value}")
    voice.result(
        {
            "valid": end is None,
            "serial": claims.serial,
            "evidence_kind": claims.evidence_kind,
            "passed_on": str(claims.passed_on),
            "due_on": str(claims.due_on),
            "revoked_at": end.revoked_at.isoformat() if end else None,
            "reason": end.reason.value if end else None,
        }
    )
