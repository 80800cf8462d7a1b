"""Life of the service: init, migrate, serve, settings, doctor."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from auth_service.accounts.roles import Role
from auth_service.cli.key_watch import ended_when_keys_hang
from auth_service.cli.own_https import reached_at, self_made_certificate
from auth_service.cli.signs import leaving_signs
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.cli.worker import worker_beside
from auth_service.connectors.pkcs11_library import longest_call
from auth_service.core.errors import AlreadyExists, CalibrationMissing, SettingInvalid
from auth_service.settings import Settings, described, load_settings
from auth_service.web.metrics import SHARED_FOLDER
from auth_service.wiring import Wiring

life = typer.Typer(no_args_is_help=True)

LAST_REQUESTS_SECONDS = 30
"""After SIGTERM nobody new is taken in, and requests in flight may take so long. source: own decision, ten times the
slowest verdict (trust.md 4: p99 <= 8 s); deploy/ gives the process more before it is killed"""
SWITCH_SECONDS = 0.0005
"""How long a thread that computes may keep the interpreter from one that wants it. The event loop gives it up at every
read and write and has to win it back each time: with Python's 5 ms a burst of ten times made /healthz 18 times slower
than idle, with this 4 times (docs/decisions/0026-proofs.md)"""

NOT_BY_TRYING_AGAIN = 78
"""Exit status of `serve` while nothing may decide. Only people can end that: a supervisor must not try again every two
seconds. source: EX_CONFIG of sysexits.h; the unit in deploy/systemd names it in RestartPreventExitStatus"""


def prepare(wiring: Wiring, voice: Voice) -> tuple[list[str], str | None]:
    """Keys, schema and a first member of staff; returns the migrations run and the password made, if any."""
    applied = wiring.migrate()
    wiring.key_test()
    wiring.signer.public_key()
    if any(not member.disabled for member in wiring.keep_staff.all()):
        return applied, None
    if wiring.strict and not sys.stdout.isatty():  # what a supervisor starts writes into a log
        voice.both(
            "尚无工作人员账号，且输出不是终端，不便显示密码：请在终端运行 auth-service init。",
            "No staff account yet, and no terminal to show a password on: run `auth-service init` on one.",
        )
        return applied, None
    return applied, _first_sign_in(wiring, voice)


def _first_sign_in(wiring: Wiring, voice: Voice) -> str | None:
    """Its password, shown once; None when accounts exist and all are disabled."""
    try:
        member, password = wiring.keep_staff.create("monitor", Role.MONITOR, None, "cli")
    except AlreadyExists:
        voice.say("All staff accounts are disabled; make one with `auth-service staff create`.")
        return None
    voice.say(f"[bold]Sign-in for the console[/] (shown once)  user [cyan]{member.username}[/]")
    voice.say(f"  password [cyan]{password}[/]  role {member.role.value} 基金监督")
    return password


@life.command()
def init(as_json: JsonFlag = False) -> None:
    """Make keys, database and a first staff sign-in under AUTH_SERVICE_HOME. Running it again changes nothing.

    In production the sign-in is made on a terminal only, so that its password stands in no log."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.making_keys = True
        applied, password = prepare(wiring, voice)
        if not wiring.key_choice.in_files:  # a file's is made with the first checkpoint
            wiring.audit_signer.public_key()
        voice.say(f"Ready: {wiring.settings.home.absolute()}")
        voice.result({"home": str(wiring.settings.home.absolute()), "migrations": applied, "password": password})


@life.command()
def migrate(as_json: JsonFlag = False) -> None:
    """Bring the database schema to this version."""
    with speaking(as_json=as_json) as voice:
        applied = Wiring(load_settings()).migrate()
        voice.say("\n".join(f"applied {name}" for name in applied) or "The schema is up to date.")
        voice.result({"applied": applied})


@life.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)] = 8000,
    workers: Annotated[int | None, typer.Option(help="server processes (default: AUTH_SERVICE_WORKERS)", min=1)] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate chain, PEM")] = None,
    private_key: Annotated[Path | None, typer.Option(help="TLS private key, PEM")] = None,
    https: Annotated[
        bool, typer.Option("--https", help="development: a self-made certificate, so that a phone may open its camera")
    ] = False,
    uncalibrated: Annotated[
        bool, typer.Option("--uncalibrated", help="production: serve enrolment before there is a calibration")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Migrate, make a first sign-in if there is none, and serve HTTP."""
    with speaking(as_json=as_json) as voice:
        if (certificate is None) != (private_key is None):
            raise SettingInvalid("--certificate and --private-key belong together")
        if https and certificate is None:
            certificate, private_key = self_made_certificate(host)
        overrides: dict[str, Any] = {} if workers is None else {"workers": workers}
        if "public_url" not in load_settings().model_fields_set:
            overrides["public_url"] = f"{'https' if certificate else 'http'}://{reached_at(host, https=https)}:{port}"
        settings = load_settings(**overrides)
        _refuse_taken(host, port)
        wiring = Wiring(settings)
        password = _ready_to_serve(wiring, voice, uncalibrated=uncalibrated)
        voice.say(f"Console: [bold]{settings.public_url}/console[/]   health: {settings.public_url}/healthz")
        voice.result({"listening": settings.public_url, "workers": settings.workers, "password": password})
        voice.finish()
        os.environ["AUTH_SERVICE_PUBLIC_URL"] = settings.public_url
        _share_meters(settings)
        _open_many_sockets()
        import uvicorn  # noqa: PLC0415 - the web framework loads slowly; other commands do without

        from auth_service.web.logging import UVICORN_LOGGING  # noqa: PLC0415

        signal.signal(signal.SIGTERM, _ended)
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
            forwarded_allow_ips=settings.trusted_proxies,  # never by the server library's own variable or default
            timeout_keep_alive=10,
            http="auth_service.web.connections:GuardedConnection",
            ws="none",
            timeout_graceful_shutdown=LAST_REQUESTS_SECONDS,
        )


def _ready_to_serve(wiring: Wiring, voice: Voice, *, uncalibrated: bool) -> str | None:
    """Returns the first sign-in's password. raises Exit: production, and nothing may decide yet"""
    _, password = prepare(wiring, voice)
    if wiring.strict:
        try:
            wiring.check_calibration()
        except CalibrationMissing as missing:
            if not uncalibrated:
                wiring.close_stores()
                voice.error(missing)
                raise typer.Exit(NOT_BY_TRYING_AGAIN) from missing
            voice.say(f"[yellow]{missing.code}: verification answers 503 until a calibration is activated.[/]")
    wiring.close_stores()
    return password


def _open_many_sockets() -> None:
    """Idle connections cost a file handle each and must not shut others out; the system's soft limit is low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _share_meters(settings: Settings) -> None:
    """Several server processes count into one folder, made anew at each start, so that /metrics tells of all."""
    os.environ.pop(SHARED_FOLDER, None)
    if settings.workers > 1:
        folder = settings.home.absolute() / "cache" / "meters"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        os.environ[SHARED_FOLDER] = str(folder)


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
    from auth_service.web.connections import GuardedConnection  # noqa: PLC0415

    wiring = Wiring(load_settings())
    GuardedConnection.policy = wiring.settings.connections
    sys.setswitchinterval(SWITCH_SECONDS)
    app = create_app(wiring.services(), beside=lambda: _beside(wiring))
    GuardedConnection.surplus = app.state.surplus
    return app


@contextmanager
def _beside(wiring: Wiring) -> Iterator[None]:
    """What lives as long as the application: the worker in development; at the end everything is closed in order."""
    try:
        watch = ended_when_keys_hang(longest_call, wiring.settings.keys.hung_seconds)
        worker = worker_beside(wiring) if wiring.settings.works_inside else nullcontext()
        with watch, leaving_signs(wiring), worker:
            yield
    finally:  # nobody is served any more: the server has let the requests in flight end
        wiring.pool.close()
        wiring.close_stores()


def _ended(_number: int, _frame: FrameType | None) -> None:
    """The server has ended in good order and raises its signal once more; the process then ends with 0."""


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
        columns = ("name", "value", "default", "meaning", "source")
        voice.table("Settings", columns, [tuple(row[column] for column in columns) for row in rows])
        voice.result({"settings": rows})
