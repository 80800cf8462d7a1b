"""One-to-one at a counter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.errors import FileUnreadable
from auth_service.faces.quality import QUALITY_TEXTS
from auth_service.flows.verify import VerifyRequest, VerifyResult
from auth_service.matching.comparison import Zone
from auth_service.qualification.decision import REASON_TEXTS, Outcome
from auth_service.qualification.evidence import Channel
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

verification = typer.Typer()

_OUTCOMES_ZH = {Outcome.QUALIFIED: "认证通过", Outcome.RETRY: "请重拍", Outcome.REFER: "转人工"}

EXIT_QUALIFIED, EXIT_NON_MATCH, EXIT_REFER = 0, 3, 4


@verification.command("verify")
def verify(
    photos: Annotated[list[Path], typer.Argument(help="one to three photos of one moment")],
    id_number: Annotated[str, typer.Option("--id-number", help="ID number of the person")],
    attested_by: Annotated[str | None, typer.Option(help="staff account of who saw the person")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare a photo with the enrolled ones and decide.

    Exit 0: qualified (a match, and somebody vouched). 3: non-match. 4: a person has to look (grey zone, a bare photo,
    no reference, a copied picture, poor quality). 1: error. A script that takes 0 for a pass is right.
    """
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        wiring.check_calibration()
        officer = wiring.attester.run(attested_by) if attested_by else None
        request = VerifyRequest(
            id_number=id_number,
            photos=tuple(read_file(path) for path in photos),
            channel=Channel.COUNTER,
            actor="cli",  # who sits at the terminal did not sign in; whom they name stands in `attested_by`
            attested_by=officer.id if officer else None,
        )
        result = wiring.verify.run(request)
        tell(voice, result, wiring.settings.public_url)
        voice.result(document(result, wiring.settings.public_url))
        code = exit_code(result)
        if code:
            raise typer.Exit(code)


def read_file(path: Path) -> bytes:
    """raises FileUnreadable"""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path.name}: {error.strerror}") from error


def exit_code(result: VerifyResult) -> int:
    """See the command."""
    if result.decision.qualified:
        return EXIT_QUALIFIED
    return EXIT_NON_MATCH if result.decision.zone is Zone.NON_MATCH else EXIT_REFER


def tell(voice: Voice, result: VerifyResult, public_url: str) -> None:
    """The decision in words for whoever stands at the counter."""
    outcome = result.decision.outcome
    colour = "green" if result.decision.qualified else "yellow"
    zone = f"  (zone {result.decision.zone.value})" if result.decision.zone else ""
    voice.say(f"[bold {colour}]{_OUTCOMES_ZH[outcome]} {outcome.value}[/]{zone}")
    if not result.in_ledger:
        voice.both(
            "台账中没有此证件号码，请核对号码", "This ID number is not in the ledger, please check it", indent="  "
        )
    for reason in result.decision.reasons:
        voice.both(*REASON_TEXTS[reason], indent="  ")
    for hint in result.quality_hints:
        zh, en = QUALITY_TEXTS[hint]
        voice.both(f"· {zh}", f"· {en}", indent="  ")
    if result.flags:
        told = ", ".join(result.flags)
        voice.both(f"疑点已提交基金监督：{told}", f"Flagged for the fund monitor: {told}", indent="  ")
    if result.certificate:
        due_on = result.certificate.due_on
        voice.say(f"  证明 certificate {public_url}/certificates/{result.certificate.serial}")
        voice.both(f"下次认证期限 {due_on}", f"Next due {due_on}", indent="  ")


def document(result: VerifyResult, public_url: str) -> dict[str, Any]:
    """The keys of contract.md section 5, and more beside them."""
    certificate = result.certificate
    return {
        "decision": result.decision.outcome.value,
        "zone": result.decision.zone.value if result.decision.zone else None,
        "reasons": [
            {"code": reason.value, "zh": REASON_TEXTS[reason][0], "en": REASON_TEXTS[reason][1]}
            for reason in result.decision.reasons
        ],
        "hints": [
            {"code": hint.value, "zh": QUALITY_TEXTS[hint][0], "en": QUALITY_TEXTS[hint][1]}
            for hint in result.quality_hints
        ],
        "certificate": None
        if certificate is None
        else {
            "serial": certificate.serial,
            "token": certificate.token,
            "url": f"{public_url}/certificates/{certificate.serial}",
            "passed_on": str(certificate.passed_on),
            "due_on": str(certificate.due_on),
        },
        "engine": result.engine,
        "calibration": result.calibration,
        "evidence": result.evidence_id,
        "evidence_kind": result.evidence_kind.value,
        "flags": list(result.flags),
        "in_ledger": result.in_ledger,
        "similarity": result.comparison.similarity if result.comparison else None,
    }
