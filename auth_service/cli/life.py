"""Life of the service: init, migrate, serve, settings, doctor."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.accounts.roles import Role
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.errors import AlreadyExists, ServiceError, SettingInvalid
from auth_service.engines.weights import WeightsState, list_weights
from auth_service.settings import described, load_settings
from auth_service.wiring import Wiring

life = typer.Typer(no_args_is_help=True)

_FREE_BYTES = 1 << 30
"""Below this much free disk `doctor` warns: about 10,000 enrolled photos of 100 KB."""


def prepare(wiring: Wiring, voice: Voice) -> tuple[list[str], str | None]:
    """Keys, schema and a first member of staff; returns the migrations run and the password made, if any."""
    applied = wiring.store.migrate()
    wiring.key_test()
    wiring.signer.public_key()
    password: str | None = None
    if not any(not member.disabled for member in wiring.keep_staff.all()):
        try:
            member, password = wiring.keep_staff.create("monitor", Role.MONITOR, None, "cli")
            voice.say(f"[bold]Sign-in for the console[/] (shown once)  user [cyan]{member.username}[/]")
            voice.say(f"  password [cyan]{password}[/]  role {member.role.value} 基金监督")
        except AlreadyExists:
            voice.say("All staff accounts are disabled; make one with `auth-service staff create`.")
    return applied, password


@life.command()
def init(as_json: JsonFlag = False) -> None:
    """Make keys, database and a first staff sign-in under AUTH_SERVICE_HOME. Running it again changes nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        applied, password = prepare(wiring, voice)
        voice.say(f"Ready: {wiring.settings.home.absolute()}")
        voice.result({"home": str(wiring.settings.home.absolute()), "migrations": applied, "password": password})


@life.command()
def migrate(as_json: JsonFlag = False) -> None:
    """Bring the database schema to this version."""
    with speaking(as_json=as_json) as voice:
        applied = Wiring(load_settings()).store.migrate()
        voice.say("\n".join(f"applied {name}" for name in applied) or "The schema is up to date.")
        voice.result({"applied": applied})


@life.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)] = 8000,
    workers: Annotated[int | None, typer.Option(help="server processes (default: AUTH_SERVICE_WORKERS)", min=1)] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate chain, PEM")] = None,
    private_key: Annotated[Path | None, typer.Option(help="TLS private key, PEM")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Migrate, make a first sign-in if there is none, and serve HTTP."""
    with speaking(as_json=as_json) as voice:
        overrides: dict[str, Any] = {} if workers is None else {"workers": workers}
        if "public_url" not in load_settings().model_fields_set:
            reached = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  # a comparison, not a bind
            overrides["public_url"] = f"{'https' if certificate else 'http'}://{reached}:{port}"
        settings = load_settings(**overrides)
        if (certificate is None) != (private_key is None):
            raise SettingInvalid("--certificate and --private-key belong together")
        _refuse_taken(host, port)
        wiring = Wiring(settings)
        _, password = prepare(wiring, voice)
        wiring.store.close()
        voice.say(f"Console: [bold]{settings.public_url}/console/[/]   health: {settings.public_url}/healthz")
        voice.result({"listening": settings.public_url, "workers": settings.workers, "password": password})
        voice.finish()
        os.environ["AUTH_SERVICE_PUBLIC_URL"] = settings.public_url
        _open_many_sockets()
        import uvicorn  # noqa: PLC0415 - the web framework loads slowly; other commands do without

        from auth_service.web.logging import UVICORN_LOGGING  # noqa: PLC0415

        uvicorn.run(
            "auth_service.cli.life:serving_app",
            factory=True,
            host=host,
            port=port,
            workers=settings.workers if settings.workers > 1 else None,
            ssl_certfile=certificate,
            ssl_keyfile=private_key,
            log_config=UVICORN_LOGGING,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_keep_alive=10,
            h11_max_incomplete_event_size=32 * 1024,
        )


def _open_many_sockets() -> None:
    """Idle connections cost a file handle each and must not shut others out; the system's soft limit is low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _refuse_taken(host: str, port: int) -> None:
    """raises SettingInvalid, before anything is printed that leads to somebody else's server"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingInvalid(f"{host}:{port} cannot be used ({error.strerror}); try --port {port + 1}") from error


def serving_app() -> Any:
    """One worker's application, built in the worker's own process."""
    from auth_service.app import create_app  # noqa: PLC0415 - only a serving process needs the web framework

    return create_app(Wiring(load_settings()).services())


@life.command("settings")
def show_settings(as_json: JsonFlag = False) -> None:
    """Print every setting with its meaning, default, present value and source."""
    with speaking(as_json=as_json) as voice:
        settings = load_settings()
        rows = []
        for name, default, meaning, source in described():
            value: Any = settings
            for part in name.removeprefix("AUTH_SERVICE_").lower().split("__"):
                value = getattr(value, part)
            shown = "(set)" if name.endswith("DATABASE_URL") and value else str(value)
            rows.append({"name": name, "value": shown, "default": str(default), "meaning": meaning, "source": source})
        voice.table(
            "Settings", ("name", "value", "meaning"), [(row["name"], row["value"], row["meaning"]) for row in rows]
        )
        voice.say("Sources of the defaults: `auth-service settings --json`.")
        voice.result({"settings": rows})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that doctor looked at."""

    name: str
    fine: bool
    detail: str
    mend: str = ""


@life.command()
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
    free = shutil.disk_usage(_existing(settings.home)).free
    return [
        Finding("python", (3, 11) <= sys.version_info[:2] < (3, 15), python),
        Finding(
            "disk", free > _FREE_BYTES, f"{free / 1e9:.1f} GB free", "" if free > _FREE_BYTES else "free some space"
        ),
        _tried("keys", wiring.key_test, "readable", "auth-service init"),
        _tried("database", wiring.store.ping, "answers", "check AUTH_SERVICE_DATABASE_URL"),
        _tried("schema", wiring.store.check_schema, "up to date", "auth-service migrate"),
        *_weights(wiring),
        _tried("engine", lambda: wiring.pool.identity, f"{settings.engine} is warm", "auth-service models verify"),
        _calibration(wiring),
        _orphans(wiring),
    ]


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.absolute().parent
    return path


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


def _calibration(wiring: Wiring) -> Finding:
    try:
        calibration = wiring.calibration
    except ServiceError as error:
        return Finding("calibration", fine=False, detail=error.code)
    if calibration is None:
        return Finding("calibration", fine=False, detail="none for this engine", mend="choose the engine dlib-resnet")
    return Finding("calibration", fine=True, detail=f"{calibration.label} ({calibration.measured_on}); it is not: "
                   + "; ".join(calibration.data_is_not))  # fmt: skip


def _orphans(wiring: Wiring) -> Finding:
    try:
        with wiring.store.reading() as unit:
            left = unit.photos.count_orphans()
    except ServiceError as error:
        return Finding("photo files", fine=False, detail=error.code, mend="auth-service migrate")
    return Finding("photo files", fine=True, detail=f"{left} without a record (left by an interrupted run)")
