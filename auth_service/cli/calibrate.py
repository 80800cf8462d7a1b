"""`auth-service calibrate`: thresholds from the operator's own people, proposed by one person, activated by another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.calibrate_words import NO_DET, options_given, tell_effect, tell_look, tell_pictures, tell_proposal
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.clock import legal_date
from auth_service.core.errors import CalibrationTampered, CalibrationTooFew, FieldInvalid
from auth_service.matching.calibration import ACCEPT_FMR, GREY_FMR, Calibration, cell_key, render
from auth_service.matching.own_record import Plan, Proposal
from auth_service.matching.own_thresholds import Targets
from auth_service.settings import load_settings
from auth_service.storage.unit import StoredCalibration
from auth_service.wiring import Wiring

calibrate_app = typer.Typer(
    name="calibrate", help="Thresholds from the operator's own enrolments and passes.", invoke_without_command=True
)

STRICTEST_FMR, LOOSEST_FMR = 1e-6, 1e-3
"""Range of --fmr. source: trust.md 1.3, 1e-4 is the bar and 1e-6 the most that is aimed at; beyond 1e-3 a match would
be an opinion"""

By = Annotated[str | None, typer.Option("--by", help="Staff account that proposes; only shown when left out.")]
Activator = Annotated[str, typer.Option("--by", help="Staff account that activates; not the one that proposed.")]


@calibrate_app.callback()
def calibrate_command(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="Name of the record; made from the date if none.")] = None,
    fmr: Annotated[
        float, typer.Option("--fmr", min=STRICTEST_FMR, max=LOOSEST_FMR, help="FMR where a match begins.")
    ] = ACCEPT_FMR,
    grey_fmr: Annotated[float, typer.Option("--grey-fmr", max=0.05, help="FMR where the grey zone begins.")] = GREY_FMR,
    people: Annotated[
        int, typer.Option("--people", min=2, max=3000, help="People drawn for everybody and for each stratum.")
    ] = 1500,
    seed: Annotated[int, typer.Option("--seed", help="Draws the people.")] = 1,
    normalisation: Annotated[bool, typer.Option(help="Measure score normalisation too (it is never applied).")] = True,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for det.png, scores.png and record.json.")] = None,
    by: By = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure a threshold record on your own people, show what it would change, and propose it (with --by)."""
    if context.invoked_subcommand is not None:
        return
    with speaking(as_json=as_json) as voice:
        if grey_fmr < fmr:
            raise FieldInvalid("the grey zone begins at a higher FMR than the match", field="grey-fmr")
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        plan = Plan(name or _new_name(wiring), Targets(fmr, grey_fmr), people, seed, normalisation)
        with voice.progress("Calibrating", None) as done:
            proposal = wiring.calibrate.measure(plan, lambda _step, count: done(count))
            effect = wiring.calibrate.effect(proposal.calibration, lambda _step, count: done(count))
        now = _present(wiring, voice)
        document = {**_document(proposal.calibration, proposal.report), "effect": effect, "look": proposal.look}
        document["present"] = now.label if now else None
        pictures = _keep(proposal, out) if out else []
        document["pictures"] = pictures
        document["no_det"] = NO_DET if len(pictures) == 1 else None
        tell_proposal(voice, proposal.calibration, proposal.report, now)
        tell_effect(voice, effect)
        tell_look(voice, proposal.look)
        if out:
            tell_pictures(voice, out, pictures)
        if by is not None:
            wiring.calibrate.refuse_too_few(proposal.calibration)  # before somebody is asked for a password
            with signed_in(wiring, by, stdin=password_stdin) as member:
                wiring.calibrate.propose(proposal, member)
        _say_next(voice, wiring, proposal.calibration, None if by is not None else options_given(context))
        voice.result({**document, "proposed": by is not None})


@calibrate_app.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """List the records of your own, newest first."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        names = {member.id: member.username for member in wiring.keep_staff.all()}
        found = [_stored(stored, names) for stored in wiring.calibrate.all()]
        found += [{"name": name, "state": "tampered"} for name in wiring.calibrate.tampered()]
        columns = ("name", "engine", "state", "people", "proposed_by", "activated_by")
        rows = [tuple(str(row.get(column) or "") for column in columns) for row in found]
        voice.table("Calibrations", columns, rows)
        voice.result({"calibrations": found})


@calibrate_app.command("show")
def show_command(name: Annotated[str, typer.Argument(help="name of the record")], as_json: JsonFlag = False) -> None:
    """Show one record: what it rests on, and what it would change."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        stored = wiring.calibrate.find(name)
        names = {member.id: member.username for member in wiring.keep_staff.all()}
        with voice.progress("Judging earlier comparisons", None) as done:
            effect = wiring.calibrate.effect(stored.calibration, lambda _step, count: done(count))
        tell_proposal(voice, stored.calibration, stored.report, _present(wiring, voice))
        tell_effect(voice, effect)
        state = _stored(stored, names)
        voice.both(
            f"{_STATES_ZH[state['state']]}；提议人 {state['proposed_by']}，启用人 {state['activated_by'] or '-'}",
            f"{state['state']}; proposed by {state['proposed_by']}, activated by {state['activated_by'] or '-'}",
        )
        voice.result({**_document(stored.calibration, stored.report), **state, "effect": effect})


@calibrate_app.command("activate")
def activate_command(
    name: Annotated[str, typer.Argument(help="name of a proposed record")],
    by: Activator,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Put a record in force, after showing what it would change. Running servers notice within a minute."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        stored = wiring.calibrate.find(name)
        with voice.progress("Judging earlier comparisons", None) as done:
            effect = wiring.calibrate.effect(stored.calibration, lambda _step, count: done(count))
        tell_proposal(voice, stored.calibration, stored.report, _present(wiring, voice))
        tell_effect(voice, effect)
        with signed_in(wiring, by, stdin=password_stdin) as member:
            activated = wiring.calibrate.activate(name, member)
        names = {member.id: member.username for member in wiring.keep_staff.all()}
        voice.both(
            f"[bold green]{name} 已启用。[/] 运行中的服务会在一分钟内采用。",
            f"[bold green]{name} is in force.[/] Running servers take it up within a minute.",
        )
        voice.result({**_stored(activated, names), "effect": effect})


def _new_name(wiring: Wiring) -> str:
    """`own-2026-11-24`, with a number behind it if that is taken."""
    stem = f"own-{legal_date(wiring.clock.now())}"
    taken = {stored.calibration.name for stored in wiring.calibrate.all()} | set(wiring.calibrate.tampered())
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if name not in taken)


def _present(wiring: Wiring, voice: Voice) -> Calibration | None:
    """The record to compare with. Where the one in force was changed behind the service there is none: the way on is
    to put one in force anew."""
    try:
        return wiring.current_calibration.starting()
    except CalibrationTampered as refused:
        voice.both(f"[red]{refused.code}[/] {refused.zh}", f"[red]{refused.code}[/] {refused.en}")
        return None


def _keep(proposal: Proposal, out: Path) -> list[str]:
    """The record and its report, and pictures of it; returns the paths of the pictures that could be drawn."""
    out.mkdir(parents=True, exist_ok=True)
    calibration = proposal.calibration
    document = _document(calibration, proposal.report)
    (out / "record.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    cell = calibration.cells[cell_key(1, 1)]
    marks = {"match": cell.accept_at, "grey": cell.grey_at}
    from auth_service.cli.evaluate_pictures import draw  # noqa: PLC0415 - matplotlib takes as long as a short command

    return [str(path) for path in draw(proposal.pictured, out, calibration.label, marks)]


def _document(calibration: Calibration, report: Any) -> dict[str, Any]:
    return {"name": calibration.name, "calibration": json.loads(render(calibration)), "report": report}


def _stored(stored: StoredCalibration, names: dict[str, str]) -> dict[str, Any]:
    state = "in force" if stored.active else "proposed" if stored.activated_at is None else "retired"
    single = stored.calibration.cells[cell_key(1, 1)]
    return {
        "name": stored.calibration.name,
        "engine": stored.calibration.identity.engine,
        "state": state,
        "people": single.people,
        "measured": stored.calibration.is_measured,
        "record_digest": stored.digest,
        "proposed_by": names.get(stored.proposed_by, stored.proposed_by),
        "proposed_at": stored.proposed_at.isoformat(),
        "activated_by": names.get(stored.activated_by, stored.activated_by) if stored.activated_by else None,
        "activated_at": stored.activated_at.isoformat() if stored.activated_at else None,
    }


def _say_next(voice: Voice, wiring: Wiring, calibration: Calibration, given: str | None) -> None:
    """given: the options of this measurement as they were typed; None: the record was proposed"""
    if given is None:
        activate = f"auth-service calibrate activate {calibration.name} --by WHO"
        voice.both(f"已提议。须由另一人启用：{activate}", f"Proposed. Another person activates it: {activate}")
        return
    try:
        wiring.calibrate.refuse_too_few(calibration)
    except CalibrationTooFew as few:
        voice.both(f"[yellow]未保存任何内容。{few.zh}[/]", f"[yellow]Nothing was kept. {few.en}[/]")
        voice.plain(f"  {few.detail}")
        return
    propose = f"auth-service calibrate {given}--by WHO"
    voice.both(f"未保存任何内容。提议它：{propose}", f"Nothing was kept. To propose it: {propose}")


_STATES_ZH = {"in force": "生效中", "proposed": "待启用", "retired": "已停用", "tampered": "被改动"}
