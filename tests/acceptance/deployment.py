"""The shipped deployments as they are written: settings from the unit and compose files, steps from the pages that an
operator follows, done on this machine. Paths lead into a folder of the test's own; nothing else is changed.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.acceptance.postgres_cluster import Cluster
from tests.conftest import ROOT
from tests.softhsm import PIN, library

DEPLOY = ROOT / "deploy"
PAGES = ROOT / "docs" / "operations"
HOST = "auth.example.gov.cn"
ROLES = ("front", "ledger", "owner")
_PLACES = {
    "/var/lib/auth-service": "home", "/etc/auth-service": "etc", "/var/backups/auth-service": "backups",
    "/opt/auth-service": "opt", "/srv/photos": "photos", "/data": "home", "/models": "models", "/token": "tokens",
    "/backups": "backups", "/run/secrets": "etc", "/in": "in",
}  # fmt: skip
_LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"
_PATH = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, (*_PLACES, _LIBRARY)))})(?![\w-])")


@dataclass(frozen=True)
class Step:
    """One command of a page. settings: as the file that it names gives them"""

    words: tuple[str, ...]
    settings: Mapping[str, str]


@dataclass
class Deployment:
    """One machine: a database made by deploy/postgres, a token, and folders. shape: `units` or `containers`"""

    folder: Path
    server: Cluster
    shape: str
    passwords: dict[str, str] = field(default_factory=lambda: {role: f"secret of {role}" for role in ROLES})

    def prepare(self) -> None:
        """What the administrator of the machine does: roles, passwords, PIN file, token."""
        for name in {*_PLACES.values()} - {"photos"}:
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        self.server.create_database("auth_service")
        self._make_roles()
        self.server.ask_for_passwords()
        self._private("pin", PIN)
        (self.folder / "etc" / "softhsm2.conf").write_text(f"directories.tokendir = {self.folder / 'tokens'}\n")
        pins = ["--so-pin", "98765432", "--pin", PIN]
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", "auth-service", *pins],
            env={**os.environ, "SOFTHSM2_CONF": str(self.folder / "etc" / "softhsm2.conf")}, check=True,
            capture_output=True,
        )  # fmt: skip

    def _make_roles(self) -> None:
        for role, password in self.passwords.items():
            self._private(f"{role}_password", password)
            self._private(f"{role}.pgpass", f"127.0.0.1:{self.server.port}:auth_service:auth_service_{role}:{password}")
        known = {
            "POSTGRES_USER": "postgres", "POSTGRES_DB": "auth_service", "PGHOST": "127.0.0.1",
            "PGPORT": str(self.server.port), "PGUSER": "postgres", "PGDATABASE": "auth_service",
        }  # fmt: skip
        roles = ["psql", "--set", "ON_ERROR_STOP=1", "--quiet", "--file", str(DEPLOY / "postgres" / "roles.sql")]
        script = self.here((DEPLOY / "postgres" / "passwords.sh").read_text(encoding="utf-8"))
        for command in (roles, ["bash", "-c", script]):
            subprocess.run(command, env={**os.environ, **known}, check=True, capture_output=True, timeout=60)

    def _private(self, name: str, content: str) -> None:
        path = self.folder / "etc" / name
        path.write_text(content + "\n")
        path.chmod(0o600)

    def here(self, text: str) -> str:
        """With this machine's paths and database in the place of the written ones."""
        text = _PATH.sub(
            lambda found: str(library()) if found[1] == _LIBRARY else str(self.folder / _PLACES[found[1]]), text
        )
        return re.sub(r"@(127\.0\.0\.1|database)/", f"@127.0.0.1:{self.server.port}/", text)

    def settings(self, files: list[str] | str) -> dict[str, str]:
        """As systemd reads environment files, or as Compose fills in a service's environment."""
        written = _of_compose(files) if isinstance(files, str) else _of_units(files)
        return {name: self.here(value) for name, value in written.items()}

    def steps(self) -> Iterator[Step]:
        """The commands of the page in its order; those that start a server or worker have their words too."""
        for line in _lines("install.md" if self.shape == "units" else "containers.md"):
            found = self._of_install(line) if self.shape == "units" else self._of_containers(line)
            yield from found

    def _of_install(self, line: str) -> Iterator[Step]:
        if started := re.match(r"# systemctl (?:enable --now|start) (.+)", line):
            for unit in started[1].split():
                if unit.endswith(".service") and not unit.startswith("-"):
                    yield self.unit(unit)
        elif typed := re.match(r"(?:# (?:WITH=(\w+) )?as_service|\$ auth-service) (.+)", line):
            more = [typed[1]] if typed[1] else []
            given = self._credentials(f"as_service-{typed[1]}", [f"{role}.pgpass" for role in more])
            yield Step(tuple(shlex.split(self.here(typed[2]))), self.settings(["service", *more]) | given)

    def migration(self) -> Step:
        """What runs at each upgrade, and before each start of all containers."""
        if self.shape == "units":
            return self.unit("auth-service-migrate.service")
        return self._container(_services(), "migrate", [])

    def unit(self, name: str) -> Step:
        """What a unit runs."""
        template, _, instance = name.removesuffix(".service").partition("@")
        path = DEPLOY / "systemd" / f"{template}{'@' if instance else ''}.service"
        text = path.read_text(encoding="utf-8")
        (start,) = re.findall(r"^ExecStart=\S+ (.+)$", text, re.MULTILINE)
        files = re.findall(r"^EnvironmentFile=/etc/auth-service/(\w+)\.env$", text, re.MULTILINE)
        loaded = re.findall(r"^LoadCredential=([\w.]+):/etc/auth-service/\1$", text, re.MULTILINE)
        given = self._credentials(name, loaded)
        return Step(tuple(shlex.split(self.here(start.replace("%i", instance)))), self.settings(files) | given)

    def _credentials(self, unit: str, names: list[str]) -> dict[str, str]:
        """As systemd hands a unit its own: in a folder of its own, with the mode that newer systemd shows."""
        if not names:
            return {}
        folder = self.folder / "credentials" / unit
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / name).unlink(missing_ok=True)
            (folder / name).write_bytes((self.folder / "etc" / name).read_bytes())
            (folder / name).chmod(0o440)
        return {"CREDENTIALS_DIRECTORY": str(folder)}

    def _of_containers(self, line: str) -> Iterator[Step]:
        if not line.startswith("docker compose ") or "--entrypoint" in line:
            return
        services = _services()
        words = shlex.split(line)[2:]
        if words[:2] == ["up", "--detach"]:
            for name in words[2:] or ["service"]:
                if services[name]["image"] == "auth-service":
                    yield self._container(services, name, [])
        elif words[0] == "run":
            rest = words[4:] if words[2] == "--volume" else words[2:]
            if words[2] == "--volume":
                assert words[3].endswith(":/in:ro"), line
            yield self._container(services, rest[0], rest[1:])

    def _container(self, services: Mapping[str, Any], name: str, words: list[str]) -> Step:
        written = services[name]["command"]
        command = shlex.split(_filled(written)) if isinstance(written, str) else list(map(str, written))
        return Step(tuple(self.here(word) for word in words or command), self.settings(name))

    def run(self, step: Step, *more: str, stdin: str = "", expect: int | tuple[int, ...] = 0) -> dict[str, Any]:
        """Does one step; gives its document. What it prints is no terminal."""
        done = subprocess.run(
            _command(*step.words, *more, "--json"), env=self._environment(step), cwd=self.folder, input=stdin,
            capture_output=True, text=True, check=False, timeout=900,
        )  # fmt: skip
        wanted = expect if isinstance(expect, tuple) else (expect,)
        assert done.returncode in wanted, (step.words, done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def start(self, step: Step, *more: str, log: Path) -> subprocess.Popen[bytes]:
        """Starts a server; its output goes where a supervisor would write it."""
        with log.open("ab") as out:
            return subprocess.Popen(
                _command(*step.words, *more), env=self._environment(step), cwd=self.folder, stdout=out, stderr=out
            )

    def on_a_terminal(self, step: Step) -> str:
        """What a person reads who types the step."""
        leader, terminal = pty.openpty()
        with os.fdopen(leader, "rb", buffering=0) as screen:
            process = subprocess.Popen(
                _command(*step.words), env=self._environment(step), cwd=self.folder, stdin=terminal, stdout=terminal,
                stderr=terminal,
            )  # fmt: skip
            os.close(terminal)
            shown = b""
            try:
                while part := screen.read(4096):
                    shown += part
            except OSError:  # Linux's way of saying that nobody holds the other end any more
                pass
            assert process.wait(timeout=300) == 0, shown
        return shown.decode(errors="replace")

    def _environment(self, step: Step) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUTH_SERVICE_", "SOFTHSM"))}
        return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **step.settings}


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "auth_service", *words]


def _lines(page: str) -> Iterator[str]:
    """Of the page's blocks; what holds only where photos come from other systems first is left out."""
    text = re.sub(r"\*\*Photos that come.+?(?=\n## )", "", (PAGES / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for block in re.findall(r"^```\n(.+?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()


def _of_units(files: list[str]) -> dict[str, str]:
    found = {}
    for name in files:
        for line in (DEPLOY / "systemd" / f"{name}.env.example").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                variable, _, found[variable] = line.partition("=")
    return found


def _of_compose(service: str) -> dict[str, str]:
    """The image's own variables, then the service's."""
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    found = dict(re.findall(r"^(?:ENV| ) +((?:AUTH_SERVICE|SOFTHSM2)_\w+)=(\S+)", image, re.MULTILINE))
    written = _services()[service]["environment"]
    return found | {name: _filled(str(value)) for name, value in written.items()}


def _services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return found


def _filled(text: str) -> str:
    """Compose's own variables as nobody but the host's name is set."""
    return re.sub(
        r"\$\{(\w+)(?::([-?])([^}]*))?\}", lambda v: HOST if v[2] == "?" else v[3] if v[2] == "-" else "", text
    )
