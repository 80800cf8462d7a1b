"""The deployment files name settings, commands, roles and files that exist, and keep to what they promise."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from auth_service.cli.life import NOT_BY_TRYING_AGAIN
from auth_service.cli.main import app
from auth_service.settings import described
from auth_service.storage.grants import DatabaseRole
from auth_service.web.limits import RECORDS, BodyPolicy

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("init", "migrate", "service", "worker", "backup", "cli", "ledger")
OF_THE_PROXY = {"AUTH_SERVICE_HOST", "AUTH_SERVICE_UPSTREAM", "AUTH_SERVICE_RESOLVER"}
"""Filled into the proxy's configuration; the service never sees them."""
TEXTS = [
    path
    for path in sorted(DEPLOY.rglob("*"))
    if path.is_file()
    and not path.name.startswith("audit")
    and path.suffix in {".yaml", ".service", ".example", ".template", ".sh", ".sql", ".md", ""}
]


def exists(words: list[str]) -> bool:
    """Whether `auth-service` has this command with these options."""
    command: Any = get_command(app)
    rest = list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    if "make" in getattr(command, "commands", {}):  # `backup FOLDER`
        command = command.commands["make"]
    if command is get_command(app) or getattr(command, "commands", None):
        return False
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return all(word.partition("=")[0] in known for word in rest if word.startswith("--"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_named_is_one(path: Path) -> None:
    known = {name for name, _, _, _ in described()} | OF_THE_PROXY
    named = set(re.findall(r"AUTH_SERVICE_[A-Z0-9_]+", path.read_text(encoding="utf-8")))
    assert not {name for name in named - known if not name.startswith("AUTH_SERVICE_TEST_") and name[-1] != "_"}


def test_every_command_of_the_containers_exists() -> None:
    for name in OURS:
        command = COMPOSE["services"][name]["command"]
        words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
        assert exists([word for word in words if not word.startswith("${")]), name


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_every_command_of_the_units_exists(unit: Path) -> None:
    starts = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(starts) == 1
    program, *words = shlex.split(starts[0])
    assert program == "/opt/auth-service/bin/auth-service"
    assert exists(words), starts


def test_containers_can_change_nothing_but_their_volumes_and_gain_nothing() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert service.get("healthcheck") or service.get("restart") == "no" or name == "migrate", name


def test_only_the_proxy_can_be_reached_and_only_it_reaches_out() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name, service in COMPOSE["services"].items():
        assert ("ports" in service) is (name == "proxy"), name
        assert ("outside" in service["networks"]) is (name == "proxy"), name


def test_no_secret_stands_in_a_file_or_a_variable() -> None:
    for name, service in COMPOSE["services"].items():
        for variable, value in service["environment"].items():
            assert "password" not in variable.lower() or variable.endswith("_FILE"), (name, variable)
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), (name, variable)
    for path in TEXTS:
        assert not re.search(r"postgresql\+psycopg://[^/@:\s]+:[^/@\s]+@", path.read_text(encoding="utf-8")), path
    declared = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    told = (DEPLOY / "secrets.example" / "README.md").read_text(encoding="utf-8")
    assert {name for name in declared if f"`{name}`" not in told} == set()


def test_each_container_gets_the_secrets_of_its_own_role() -> None:
    given = {
        name: {secret for secret in COMPOSE["services"][name]["secrets"] if secret.endswith(".pgpass")} for name in OURS
    }
    assert given == {
        "init": {"front.pgpass", "owner.pgpass"},
        "migrate": {"front.pgpass", "owner.pgpass"},
        "service": {"front.pgpass"},
        "worker": {"front.pgpass"},
        "backup": {"front.pgpass", "ledger.pgpass"},
        "cli": {"front.pgpass"},
        "ledger": {"front.pgpass", "ledger.pgpass"},
    }


def test_what_shows_a_password_once_writes_no_log() -> None:
    for name in ("init", "cli"):
        assert COMPOSE["services"][name]["logging"] == {"driver": "none"}, name


def test_the_roles_are_the_ones_that_rights_are_given_to() -> None:
    roles = set(re.findall(r"\bauth_service_[a-z]+", (DEPLOY / "postgres" / "roles.sql").read_text(encoding="utf-8")))
    assert roles == {role.value for role in DatabaseRole}
    script = (DEPLOY / "postgres" / "passwords.sh").read_text(encoding="utf-8")
    named = re.search(r"for role in ([a-z ]+);", script)
    assert named is not None
    assert {f"auth_service_{word}" for word in named[1].split()} == roles


def test_files_that_containers_are_given_exist() -> None:
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), (name, source)
            else:
                assert source in COMPOSE["volumes"], (name, source)


def test_no_server_is_started_again_while_only_people_can_help() -> None:
    text = (DEPLOY / "systemd" / "auth-service.service").read_text(encoding="utf-8")
    assert f"\nRestartPreventExitStatus={NOT_BY_TRYING_AGAIN}\n" in text
    assert "auth-service.service" not in (DEPLOY / "systemd" / "auth-service-worker.service").read_text(
        encoding="utf-8"
    )


def test_a_ledger_file_keeps_its_name_and_its_folder_is_made() -> None:
    text = (DEPLOY / "systemd" / "auth-service-import@.service").read_text(encoding="utf-8")
    assert "%I" not in text, "it turns - into /"
    assert "ledger import /var/lib/auth-service/in/%i\n" in text
    assert "\nStateDirectory=auth-service auth-service/in\n" in text


@pytest.mark.parametrize("name", ["service", "ledger", "owner"])
def test_each_settings_file_says_who_reads_it(name: str) -> None:
    readers = {unit.name for unit in UNITS if f"/etc/auth-service/{name}.env" in unit.read_text(encoding="utf-8")}
    told = (DEPLOY / "systemd" / f"{name}.env.example").read_text(encoding="utf-8")
    assert name == "service" or {unit for unit in readers if unit not in told} == set()


def test_each_unit_gets_the_password_of_its_own_role_and_shares_it_with_no_other() -> None:
    loaded = {}
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        loaded[unit.name] = re.findall(r"^LoadCredential=([\w.]+):/etc/auth-service/\1$", text, re.MULTILINE)
        assert text.count("LoadCredential=") == len(loaded[unit.name])
        alone = "\nPrivateUsers=yes\n" if loaded[unit.name] else "\nInaccessiblePaths=-/run/credentials\n"
        assert alone in text, unit.name
    assert loaded == {
        "auth-service.service": [],
        "auth-service-worker.service": [],
        "auth-service-migrate.service": ["owner.pgpass"],
        "auth-service-import@.service": ["ledger.pgpass"],
        "auth-service-backup.service": ["ledger.pgpass"],
    }


@pytest.mark.parametrize("role", ["ledger", "owner"])
def test_the_user_that_serves_can_read_no_other_roles_password(role: str) -> None:
    told = (DEPLOY / "systemd" / f"{role}.env.example").read_text(encoding="utf-8")
    assert f"?passfile={role}.pgpass\n" in told, "a credential"
    assert f"/etc/auth-service/{role}.pgpass,\n# root:root 0600" in told or f"{role}.pgpass, root:root 0600" in told
    page = (ROOT / "docs" / "operations" / "install.md").read_text(encoding="utf-8")
    assert "(umask 077; read" in page
    assert re.findall(r"chown auth-service: (\S*pgpass)", page) == ["/etc/auth-service/front.pgpass"]
    assert "--property=LoadCredential=$WITH.pgpass:/etc/auth-service/$WITH.pgpass" in page


def test_no_manifest_of_weights_lies_where_a_volume_keeps_it_across_images() -> None:
    kept = {volume.split(":")[1] for name in OURS for volume in COMPOSE["services"][name]["volumes"]}
    last = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    copied = [line.split()[-1] for line in last.splitlines() if line.startswith(("COPY ", "ADD "))]
    assert [place for place in copied if any(f"{place}/".startswith(f"{volume}/") for volume in kept)] == []


def test_what_production_insists_on_is_locked_and_in_the_image() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.search(r"^python-pkcs11==", lock, re.MULTILINE)
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in image
    assert "softhsm2" in image, "a PKCS#11 library"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_shut_in(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    for line in (
        "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "CapabilityBoundingSet=",
        "User=auth-service", "SystemCallFilter=@system-service", "RestrictSUIDSGID=yes", "UMask=0077",
    ):  # fmt: skip
        assert f"\n{line}\n" in text, line


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_no_unit_reads_settings_from_a_folder_that_the_server_may_write(unit: Path) -> None:
    """A `.env` file in the working directory sets what the environment leaves unset."""
    assert "\nWorkingDirectory=/\n" in unit.read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    here = tmp_path / unit.name  # the program that is not installed here would be the only complaint
    text = unit.read_text(encoding="utf-8").replace("/opt/auth-service/bin/auth-service", shutil.which("true") or "")
    here.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "auth-service" in line]
    assert complaints == []


def test_the_proxies_take_what_the_service_takes_and_no_more() -> None:
    policy = BodyPolicy()
    nginx = (DEPLOY / "proxy" / "nginx.conf.template").read_text(encoding="utf-8")
    caddy = (DEPLOY / "proxy" / "Caddyfile").read_text(encoding="utf-8")
    assert re.findall(r"client_max_body_size (\d+)k;", nginx) == [
        str(policy.small_bytes // 1024),
        str(policy.photo_bytes // 1024),
        str(policy.step_bytes // 1024),
    ]
    assert re.findall(r"max_size (\d+)KiB", caddy) == [
        str(policy.photo_bytes // 1024),
        str(policy.step_bytes // 1024),
        str(policy.small_bytes // 1024),
    ]
    paths = {path.removeprefix("/v1/") for path in {*policy.photo_paths.exact, RECORDS}}
    named = re.search(r"\^/v1/\(([a-z|/]+)\)\$", nginx)
    assert named is not None
    assert set(named[1].split("|")) == paths
    for text in (nginx, caddy):
        assert nginx.count("{") == nginx.count("}")
        assert re.search(r"(?i)tls.?v?1\.2", text)
        assert not re.search(r"(?i)tls.?v?1\.[01]\b", text)


def test_the_proxy_looks_the_name_of_the_service_up_again(tmp_path: Path) -> None:
    """A container that was made anew has another address; a name in `upstream` is looked up once, at the start."""
    text = (DEPLOY / "proxy" / "nginx.conf.template").read_text(encoding="utf-8")
    assert "upstream " not in re.sub(r"#.*", "", text)
    given = COMPOSE["services"]["proxy"]["environment"]
    for server in text.split("\nserver {")[1:]:
        assert "resolver ${AUTH_SERVICE_RESOLVER} valid=5s" in server
        assert "set $auth_service ${AUTH_SERVICE_UPSTREAM};" in server
    assert {name for name in re.findall(r"\$\{([A-Z_]+)\}", text) if name not in given} == set()
    assert given["AUTH_SERVICE_RESOLVER"] == "127.0.0.11", "Docker's own"


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("no nginx or no openssl")
    text = (DEPLOY / "proxy" / "nginx.conf.template").read_text(encoding="utf-8")
    filled = {"HOST": "auth.example.gov.cn", "UPSTREAM": "service:8000", "RESOLVER": "127.0.0.11"}
    for name, value in filled.items():
        text = text.replace(f"${{AUTH_SERVICE_{name}}}", value)
    for name in ("certificate", "key"):
        text = text.replace(f"/run/secrets/tls_{name}", str(tmp_path / f"{name}.pem"))
    made = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=auth.example.gov.cn", *made],
        check=True, capture_output=True,
    )  # fmt: skip
    text = re.sub(r"listen (80|443)", r"listen unix:" + str(tmp_path) + r"/\1", text)  # -t binds them
    kept = [f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    whole = [f"pid {tmp_path}/pid;", "events {}", "http {", *kept, text, "}"]
    (tmp_path / "nginx.conf").write_text("\n".join(whole) + "\n", encoding="utf-8")
    done = subprocess.run(
        ["nginx", "-t", "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")], capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_neither_proxy_believes_or_shows_what_it_should_not() -> None:
    nginx = (DEPLOY / "proxy" / "nginx.conf.template").read_text(encoding="utf-8")
    assert "$proxy_add_x_forwarded_for" not in nginx
    assert nginx.count("proxy_pass http://$auth_service;") == nginx.count("X-Forwarded-For $remote_addr;") + 1
    assert "location = /metrics" in nginx
    caddy = (DEPLOY / "proxy" / "Caddyfile").read_text(encoding="utf-8")
    assert "header_up X-Forwarded-For {remote_host}" in caddy
    assert "respond /metrics 404" in caddy
