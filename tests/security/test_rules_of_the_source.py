"""What the code may use at all: read from the source, so that a new use must be thought about here."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
import time
from functools import cache
from pathlib import Path

import pytest

import auth_service
from tests.conftest import ROOT

PACKAGE = ROOT / "auth_service"
SOURCES = sorted(PACKAGE.rglob("*.py"))
REACHES_OUT = {
    "cli/bench_http.py": "measures our own server",
    "cli/kiosk_client.py": "a simulated kiosk, to the site that whoever tries it names",
    "engines/install.py": "weights from where the operator says, pinned by digest",
    "connectors/witness_url.py": "checkpoints to the witness that the operator set",
    "connectors/sms_gateway.py": "notices to the gateway that the operator set",
    "connectors/mail_server.py": "notices to the mail server that the operator set",
    "connectors/telemetry.py": "traces to the collector that the operator set",
    "connectors/vault.py": "keys in the key store that the operator set",
    "connectors/restore_place.py": "no network: local files",
}
"""Every module that may open a connection besides the database driver."""
STARTS_PROCESSES = {"cli/bench_http.py", "cli/bench_sides.py", "core/fenced.py"}
"""Every module that starts a program: always an argument list of our own words."""
NETWORK = {"http.client", "urllib.request", "smtplib", "ftplib", "requests", "httpx", "aiohttp", "websockets"}


@cache
def _trees() -> list[tuple[str, ast.Module]]:
    return [(str(path.relative_to(PACKAGE)), ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES]


@cache
def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of what is called; `?` where it is no name."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


@cache
def _calls(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    return [(_dotted(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.asvs("1.2.4")
def test_no_statement_is_put_together_from_values() -> None:
    """Only migrations, grants, backups and the audit trail's insert put names into SQL: of tables, columns and roles of
    ours, never anybody's input."""
    built = {"text", "exec_driver_sql", "execute"}
    found = {
        file
        for file, tree in _trees()
        for name, call in _calls(tree)
        if name.rpartition(".")[2] in built
        and file.startswith("storage/")
        and any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in call.args[:1])
    }
    assert {file for file in found if "migrations" not in file} <= {
        "storage/archive.py", "storage/grants.py", "storage/schema_version.py", "storage/records/audit.py",
    }  # fmt: skip


@pytest.mark.asvs("1.2.5")
def test_no_shell_is_called_and_programs_are_started_in_few_places_with_a_list_of_words() -> None:
    for file, tree in _trees():
        names = {name for name, _ in _calls(tree)}
        assert not names & {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}, file
        if "subprocess" in _imported(tree):
            assert file in STARTS_PROCESSES, file
        for name, call in _calls(tree):
            assert not (name.startswith("subprocess.") and any(word.arg == "shell" for word in call.keywords)), file


@pytest.mark.asvs("1.5.2")
def test_nothing_is_turned_into_objects_or_code() -> None:
    banned = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "yaml"}
    for file, tree in _trees():
        named = {name.partition(".")[0] for name in _imported(tree)}
        called = {name for name, _ in _calls(tree)}
        if file == "connectors/policy_file.py":  # reads the tree of a file's text and builds no object from it
            named -= {"yaml"}
            assert {name for name in called if name.startswith("yaml.")} == {"yaml.parse", "yaml.compose"}
        assert not named & banned, file
        assert not called & {"eval", "exec", "compile", "__import__"}, file


@pytest.mark.asvs("1.3.6", "13.2.4", "13.2.5")
def test_connections_are_opened_in_few_places_to_where_the_operator_says() -> None:
    found = {file for file, tree in _trees() if _imported(tree) & NETWORK}
    assert found <= set(REACHES_OUT), found - set(REACHES_OUT)
    web = [file for file in found if file.startswith(("web/", "channels/", "console/", "flows/", "storage/"))]
    assert web == [], "nothing that a caller reaches opens a connection"


@pytest.mark.asvs("1.3.7")
def test_templates_are_files_of_the_release() -> None:
    for file, tree in _trees():
        names = {name.rpartition(".")[2] for name, _ in _calls(tree)}
        assert not names & {"from_string", "render_template_string"}, file
        assert "jinja2.Template" not in _imported(tree), file
    assert "loader=FileSystemLoader([TEMPLATES, *folders])" in (PACKAGE / "web" / "pages.py").read_text("utf-8")


@pytest.mark.asvs("11.2.1", "11.3.1", "11.3.2", "11.3.5", "11.4.1", "11.4.3")
def test_cryptography_is_aes_gcm_ed25519_sha_256_and_argon2_from_known_libraries() -> None:
    allowed = {
        "AESGCM", "InvalidTag", "InvalidSignature", "Ed25519PrivateKey", "Ed25519PublicKey", "X25519PrivateKey",
        "X25519PublicKey", "HKDF", "SHA256", "hashes", "serialization", "Encoding", "PublicFormat",
        "load_pem_public_key",
    }  # fmt: skip
    # browsers take no Ed25519 certificate; this one vouches for nobody and is refused in production
    development = {"connectors/own_certificate.py": {"x509", "ec", "NameOID", "ExtendedKeyUsageOID"}}
    hashes = {"sha256", "sha512", "new", "file_digest", "compare_digest", "digest"}
    for file, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cryptography"):
                assert {alias.name for alias in node.names} <= allowed | development.get(file, set()), file
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"hashlib", "hmac"}:
                assert node.attr in hashes, f"{file}: {node.attr}"


@pytest.mark.asvs("11.5.1")
def test_randomness_that_must_not_be_guessed_comes_from_the_system() -> None:
    measuring = ("cli/bench", "cli/demo", "cli/evaluate", "engines/staging.py", "engines/film_player.py")
    simulated = ("cli/kiosk_faults.py", "cli/kiosk_queue.py", "cli/kiosk_simulate.py")  # orders and pauses, to repeat
    for file, tree in _trees():
        if not file.startswith((*measuring, *simulated)):
            assert "random" not in _imported(tree), f"{file}: secrets or os.urandom"


@pytest.mark.asvs("13.4.2")
def test_there_is_no_debug_mode() -> None:
    for file, tree in _trees():
        for name, call in _calls(tree):
            assert not any(word.arg in {"debug", "reload"} for word in call.keywords), f"{file}: {name}"


@pytest.mark.asvs("13.4.1", "15.2.3")
def test_the_image_holds_what_runs_and_nothing_else() -> None:
    listed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert listed[0] == "*", "everything stays out but what is named"
    named = {line.removeprefix("!") for line in listed if line.startswith("!")}
    assert not {name for name in named if name.startswith((".git", "tests", "docs", "deploy/sbom"))}


@pytest.mark.asvs("15.2.4")
def test_every_package_is_pinned_with_its_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        entries = re.split(r"\n(?=[A-Za-z0-9])", text.replace("\\\n", " "))
        pinned = [entry for entry in entries if re.match(r"[A-Za-z0-9._\[\],-]+==", entry)]
        assert len(pinned) > 50
        assert all("--hash=sha256:" in entry for entry in pinned)
        assert not re.search(r"--(index|extra-index|find-links|trusted-host)", text)
    assert "--require-hashes" in (ROOT / "Makefile").read_text("utf-8")


HOSTILE = [
    ("a" * 20_000) + "!", "1" * 20_000, " " * 20_000 + "x", "-" * 20_000, "1302" * 5_000 + "X", "." * 20_000 + "\n",
    string.printable * 200, "\u3000" * 20_000, "王" * 20_000 + "!", "a,b\t;" * 4_000, "=" * 20_000, "/console" * 2_500,
]  # fmt: skip


@pytest.mark.asvs("1.3.12")
def test_no_expression_runs_away_on_hostile_text() -> None:
    slow = []
    for module in pkgutil.walk_packages(auth_service.__path__, "auth_service."):
        if ".migrations" in module.name or module.name.endswith(("__main__", "_child")):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                started = time.process_time()
                for text in HOSTILE:
                    value.search(text)
                    value.fullmatch(text)
                if time.process_time() - started > 1.0:
                    slow.append(f"{module.name}.{name}")
    assert slow == []


@pytest.mark.asvs("15.3.5")
def test_types_are_checked_strictly_by_the_same_command_everywhere() -> None:
    assert re.search(r"\[tool\.mypy\][^\[]*strict = true", (ROOT / "pyproject.toml").read_text("utf-8"))
    assert "$(BIN)/mypy" in (ROOT / "Makefile").read_text("utf-8")
    assert "make lint" in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.asvs("15.3.6", "3.6.1", "3.7.1")
def test_only_the_pages_with_a_camera_carry_script_and_nothing_comes_from_elsewhere() -> None:
    for path in [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.js")]:
        text = path.read_text("utf-8")
        assert text.count("<script") == (1 if path.name in {"verify.html", "kiosk.html"} else 0), path
        assert not re.search(r"(src|href)=\"(https?:)?//", text), path
        assert path.suffix != ".js" or {"phone", "kiosk", "capture_page"} & set(Path(path).parts)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            path
        )
