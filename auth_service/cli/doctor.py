"""What is missing on this machine, and how to mend it. What the running service should do is in findings.py, what an
operator should have provided in precautions.py."""

from __future__ import annotations

import platform
import sys
from typing import Any

import typer

from auth_service.cli.findings import Finding, audit_trail, database_rights, working
from auth_service.cli.precautions import precautions
from auth_service.cli.speak import JsonFlag, speaking
from auth_service.core.errors import PhotoFilesUnexplained, ServiceError
from auth_service.engines.weights import WeightsState, list_weights
from auth_service.flows.orphans import OrphanFiles
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

doctor_app = typer.Typer()


@doctor_app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what is missing and how to mend it. Exit 1 when something needed is missing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        findings = list(_examine(wiring))
        for finding in findings:
            mark = "[red]✗[/]" if not finding.fine else "[yellow]–[/]" if finding.mend else "[green]✓[/]"
            voice.say(f"{mark} {finding.name}: {finding.detail}" + (f"\n    → {finding.mend}" if finding.mend else ""))
        healthy = all(finding.fine for finding in findings)
        voice.result(
            {
                "healthy": healthy,
                "findings": [{"name": f.name, "fine": f.fine, "detail": f.detail, "mend": f.mend} for f in findings],
            }
        )
        if not healthy:
            voice.finish()
            voice.as_json = False
            raise typer.Exit(1)


def _examine(wiring: Wiring) -> list[Finding]:
    settings = wiring.settings
    python = platform.python_version()
    return [
        Finding("python", (3, 11) <= sys.version_info[:2] < (3, 15), python),
        _tried("keys", wiring.key_test, "readable", "auth-service init"),
        _tried("database", wiring.store.ping, "answers", "check AUTH_SERVICE_DATABASE_URL"),
        _tried("schema", wiring.store.check_schema, "up to date", "auth-service migrate"),
        *database_rights(wiring),
        *_weights(wiring),
        _tried("engine", lambda: wiring.pool.identity, f"{settings.engine} is warm", "auth-service models verify"),
        _decoder(wiring),
        _calibration(wiring),
        _orphans(wiring),
        *working(wiring),
        audit_trail(wiring),
        *precautions(wiring),
    ]


def _tried(name: str, check: Any, fine: str, mend: str) -> Finding:
    try:
        check()
    except ServiceError as error:
        return Finding(name, fine=False, detail=f"{error.code}: {error.en} {error.detail}".strip(), mend=mend)
    return Finding(name, fine=True, detail=fine)


def _weights(wiring: Wiring) -> list[Finding]:
    found = []
    for status in list_weights(wiring.settings.models):
        missing_optional = status.state is WeightsState.MISSING and status.entry.optional
        fine = status.state is WeightsState.PRESENT or missing_optional
        hint = (
            f"auth-service models install {status.entry.name} --from DIR"
            if status.state is not WeightsState.PRESENT
            else ""
        )
        found.append(Finding(f"weights {status.entry.name}", fine, status.state.value, hint))
    return found


def _decoder(wiring: Wiring) -> Finding:
    """Whether the process that decodes photos is held by all its fences."""
    try:
        held = wiring.pool.fenced
    except ServiceError as error:
        return Finding("photo decoder", fine=False, detail=error.code, mend="auth-service models verify")
    mend = "" if held == "system calls" else "on Linux (x86-64, arm64) system calls are fenced off too"
    return Finding("photo decoder", fine=True, detail=f"fenced in: {held}", mend=mend)


def _calibration(wiring: Wiring) -> Finding:
    try:
        calibration = wiring.calibration
    except ServiceError as error:
        return Finding("calibration", fine=False, detail=error.code)
    if calibration is None:
        return Finding("calibration", fine=False, detail="none may decide here", mend="auth-service calibrate --help")
    return Finding("calibration", fine=True, detail=f"{calibration.label} ({calibration.measured_on}); it is not: "
                   + "; ".join(calibration.data_is_not))  # fmt: skip


def _orphans(wiring: Wiring) -> Finding:
    orphans = OrphanFiles(wiring.store, wiring.clock)
    try:
        found = orphans.look(None)
        orphans.check(found)
    except PhotoFilesUnexplained as error:
        mend = "check the database and HOME; if they are right: auth-service retention run --all-orphans"
        return Finding("photo files", fine=False, detail=f"{error.code}: {error.detail}", mend=mend)
    except ServiceError as error:
        return Finding("photo files", fine=False, detail=error.code, mend="auth-service migrate")
    return Finding("photo files", fine=True, detail=f"{found.total} without a record (left by an interrupted run)")
