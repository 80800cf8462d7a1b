"""What is missing on this machine, and how to mend it. What the running service should do is in findings.py, what an
operator should have provided in precautions.py."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict
from typing import Any

import typer
from rich.markup import escape

from auth_service.cli.finding_words import heading
from auth_service.cli.findings import (
    Finding,
    audit_trail,
    colours,
    database_rights,
    erasures,
    looked,
    notices,
    push_keys,
    working,
)
from auth_service.cli.precautions import precautions
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.errors import PhotoFilesUnexplained, ServiceError
from auth_service.engines.weights import WeightsState, list_weights
from auth_service.flows.orphans import OrphanFiles
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

doctor_app = typer.Typer()

_URL = "AUTH_SERVICE_DATABASE_URL"
_CALIBRATION = "docs/operations/calibration.md"


@doctor_app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what is missing and how to mend it. Exit 1 when something needed is missing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        findings = list(_examine(wiring))
        for finding in findings:
            _tell(voice, finding)
        healthy = all(finding.fine for finding in findings)
        voice.result(
            {
                "healthy": healthy,
                "findings": [asdict(finding) for finding in findings],
            }
        )
        if not healthy:
            voice.finish()
            voice.as_json = False
            raise typer.Exit(1)


def _tell(voice: Voice, finding: Finding) -> None:
    """One line, and beneath it how to mend it: a command as it is, words in both languages."""
    mark = "[red]✗[/]" if not finding.fine else "[yellow]–[/]" if finding.mend else "[green]✓[/]"
    voice.say(f"{mark} {escape(heading(finding.name))}: {escape(finding.detail)}")
    if finding.mend_zh:
        voice.both(f"→ {escape(finding.mend_zh)}", escape(finding.mend), indent="    ")
    elif finding.mend:
        voice.say(f"    → {escape(finding.mend)}")


def _examine(wiring: Wiring) -> list[Finding]:
    settings = wiring.settings
    python = platform.python_version()
    return [
        Finding("python", (3, 11) <= sys.version_info[:2] < (3, 15), python),
        _tried("keys", wiring.key_test, "readable", "auth-service init"),
        _tried("database", wiring.store.ping, "answers", f"check {_URL}", f"检查 {_URL}"),
        _tried("schema", wiring.store.check_schema, "up to date", "auth-service migrate"),
        *looked("database role", lambda: database_rights(wiring)),
        *_weights(wiring),
        _tried("engine", lambda: wiring.pool.identity, f"{settings.engine} is warm", "auth-service models verify"),
        _decoder(wiring),
        _calibration(wiring),
        *looked("colours", lambda: [colours(wiring)]),
        *looked("photo files", lambda: [_orphans(wiring)]),
        *looked("jobs", lambda: working(wiring)),
        *looked("erasures", lambda: [erasures(wiring)]),
        *looked("notices", lambda: [notices(wiring)]),
        *looked("registry keys", lambda: [push_keys(wiring)]),
        *looked("audit", lambda: [audit_trail(wiring)]),
        *precautions(wiring),
    ]


def _tried(name: str, check: Any, fine: str, mend: str, mend_zh: str = "") -> Finding:
    try:
        check()
    except ServiceError as error:
        detail = f"{error.code}: {error.zh} / {error.en} {error.detail}".strip()
        return Finding(name, fine=False, detail=detail, mend=mend, mend_zh=mend_zh)
    return Finding(name, fine=True, detail=fine)


_OPTIONAL_FOR = {
    "encoder": "only for another engine",
    "detector": "但没有它现场采集不能通过 but without it no live capture passes",
    "pad": "现场采集的又一项依据 one more sign in a live capture",
}
"""What optional weights are for, by their role."""


def _weights(wiring: Wiring) -> list[Finding]:
    found = []
    for status in list_weights(wiring.settings.models):
        name, state = f"weights {status.entry.name}", status.state.value
        install = f"auth-service models install {status.entry.name} --from DIR"
        if status.state is WeightsState.MISSING and status.entry.optional:
            told = f"{state}; 可选 optional, {_OPTIONAL_FOR[status.entry.role]}: {install}"
            found.append(Finding(name, fine=True, detail=told))
        else:
            fine = status.state is WeightsState.PRESENT
            found.append(Finding(name, fine, state, "" if fine else install))
    return found


def _decoder(wiring: Wiring) -> Finding:
    """Whether the process that decodes photos is held by all its fences."""
    try:
        held = wiring.pool.fenced
    except ServiceError as error:
        return Finding("photo decoder", fine=False, detail=error.code, mend="auth-service models verify")
    if held == "system calls":
        return Finding("photo decoder", fine=True, detail=f"fenced in: {held}")
    mend = "on Linux (x86-64, arm64) system calls are fenced off too"
    return Finding("photo decoder", True, f"fenced in: {held}", mend, "在 Linux（x86-64、arm64）上系统调用也受限制")


def _calibration(wiring: Wiring) -> Finding:
    try:
        calibration = wiring.calibration
    except ServiceError as error:
        return Finding("calibration", False, error.code, f"see {_CALIBRATION}", f"见 {_CALIBRATION}")
    if calibration is None:
        return Finding("calibration", fine=False, detail="none may decide here", mend="auth-service calibrate --help")
    told = f"{calibration.label} ({calibration.measured_on})"
    if calibration.own:
        return Finding("calibration", fine=True, detail=f"{told}, measured on your own people; {_CALIBRATION}")
    mend = f"it came with the service and was not measured on your people: auth-service calibrate, {_CALIBRATION}"
    mend_zh = f"随服务提供，并非在本单位人员上测得：auth-service calibrate，见 {_CALIBRATION}"
    return Finding("calibration", True, told, mend, mend_zh)


def _orphans(wiring: Wiring) -> Finding:
    orphans = OrphanFiles(wiring.store, wiring.clock)
    try:
        found = orphans.look(None)
        orphans.check(found)
    except PhotoFilesUnexplained as error:
        mend = "check the database and HOME; if they are right: auth-service retention run --all-orphans"
        mend_zh = "核对数据库和 HOME；确认无误后：auth-service retention run --all-orphans"
        return Finding("photo files", False, f"{error.code}: {error.detail}", mend, mend_zh)
    except ServiceError as error:
        return Finding("photo files", fine=False, detail=error.code, mend="auth-service migrate")
    return Finding("photo files", fine=True, detail=f"{found.total} without a record (left by an interrupted run)")
