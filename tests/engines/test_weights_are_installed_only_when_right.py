"""Manifest, digests, and a download that survives a broken line."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from auth_service.core.errors import (
    DownloadFailed,
    EngineFault,
    EngineUnknown,
    SettingInvalid,
    WeightsDigestWrong,
    WeightsMissing,
)
from auth_service.engines.install import install
from auth_service.engines.weights import (
    WeightsState,
    WeightsStatus,
    find_entry,
    list_weights,
    load,
    read_manifest,
    verify,
)
from tests.conftest import ROOT

CONTENT = bytes(range(256)) * 6000
NET = "net.onnx"


class CuttingServer(ThreadingHTTPServer):
    """Serves CONTENT, closing the line after `cut` bytes while `cuts` last."""

    cut, cuts = 500_000, 0
    ranges = True
    seen: list[str]


class Handler(BaseHTTPRequestHandler):
    server: CuttingServer

    def do_GET(self) -> None:
        self.server.seen.append(f"{self.path} {self.headers.get('Range', '-')}")
        if not self.path.endswith(NET):
            self.send_error(404)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.server.ranges else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cuts:
            self.server.cuts -= 1
            body = body[: self.server.cut]
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[CuttingServer]:
    with CuttingServer(("127.0.0.1", 0), Handler) as running:
        running.seen = []
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    digest = hashlib.sha256(CONTENT).hexdigest()
    (folder / "manifest.toml").write_text(
        f'[weights.net]\nrole="detector"\norigin="file"\nfile="{NET}"\nsha256="{digest}"\nlicence="MIT"\n'
        'source="Some Zoo, models/net"\noptional=true\nalignment="arcface5"\n'
    )
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def url(server: CuttingServer, path: str = f"/{NET}") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_a_cut_download_is_resumed_where_it_stopped(server: CuttingServer, models: Path) -> None:
    server.cuts = 2
    for _ in range(2):
        with pytest.raises(DownloadFailed):
            install("net", url(server), models_dir=models)
        assert f"{NET}.part" in names(models)
        assert NET not in names(models)
    told: list[tuple[int, int | None]] = []
    path = install("net", url(server, "/"), models_dir=models, progress=lambda *now: told.append(now))
    assert path.read_bytes() == CONTENT
    assert server.seen == [f"/{NET} -", f"/{NET} bytes=500000-", f"/{NET} bytes=1000000-"]
    assert told[0][0] > 1_000_000
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert names(models) == {"manifest.toml", NET}


def test_a_server_without_ranges_is_taken_from_the_start(server: CuttingServer, models: Path) -> None:
    server.cuts, server.ranges = 1, False
    with pytest.raises(DownloadFailed):
        install("net", url(server), models_dir=models)
    assert install("net", url(server), models_dir=models).read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_only_checked(server: CuttingServer, models: Path) -> None:
    (models / f"{NET}.part").write_bytes(CONTENT)
    assert install("net", url(server), models_dir=models).read_bytes() == CONTENT


def test_a_wrong_digest_is_refused_and_nothing_is_left_behind(
    server: CuttingServer, models: Path, tmp_path: Path
) -> None:
    (models / f"{NET}.part").write_bytes(b"something else")
    with pytest.raises(WeightsDigestWrong):
        install("net", url(server), models_dir=models)
    assert names(models) == {"manifest.toml"}
    (tmp_path / NET).write_bytes(CONTENT + b"x")
    with pytest.raises(WeightsDigestWrong):
        install("net", tmp_path, models_dir=models)
    assert names(models) == {"manifest.toml"}


@pytest.mark.parametrize("kind", ["folder", "file", "url", "text"])
def test_a_folder_a_file_and_a_file_url_are_sources(kind: str, models: Path, tmp_path: Path) -> None:
    (tmp_path / NET).write_bytes(CONTENT)
    source = {"folder": tmp_path, "file": tmp_path / NET, "url": (tmp_path / NET).as_uri(), "text": str(tmp_path)}[kind]
    assert install("net", source, models_dir=models).read_bytes() == CONTENT
    assert (tmp_path / NET).exists()


def test_without_a_source_it_says_where_the_file_is_published(models: Path) -> None:
    with pytest.raises(WeightsMissing, match="Some Zoo, models/net"):
        install("net", None, models_dir=models)


def test_a_missing_source_leaves_nothing_behind(server: CuttingServer, models: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        install("net", tmp_path / "nowhere", models_dir=models)
    with pytest.raises(DownloadFailed, match="404"):
        install("net", url(server, "/other.bin"), models_dir=models)
    assert names(models) == {"manifest.toml"}


@pytest.mark.asvs("1.3.6", "13.2.5")
def test_other_kinds_of_url_are_refused(models: Path) -> None:
    with pytest.raises(SettingInvalid):
        install("net", "ftp://127.0.0.1/net.onnx", models_dir=models)
    assert not (models / NET).exists()


def test_right_weights_are_not_fetched_again(models: Path) -> None:
    (models / NET).write_bytes(CONTENT)
    assert install("net", None, models_dir=models) == models / NET


def test_an_unknown_name_is_an_error(models: Path) -> None:
    with pytest.raises(EngineUnknown):
        install("nothing", None, models_dir=models)


def test_listing_and_verifying_tell_present_missing_and_wrong(models: Path) -> None:
    assert _state_of_net(list_weights(models)) is WeightsState.MISSING
    assert _state_of_net(verify(models)) is WeightsState.MISSING
    (models / NET).write_bytes(CONTENT)
    assert _state_of_net(verify(models)) is WeightsState.PRESENT
    (models / NET).write_bytes(CONTENT[1:])
    assert _state_of_net(list_weights(models)) is WeightsState.WRONG
    with pytest.raises(WeightsDigestWrong):
        verify(models)
    with pytest.raises(WeightsDigestWrong):
        load(find_entry(models, "net"), models)


def _state_of_net(found: list[WeightsStatus]) -> WeightsState:
    (state,) = (status.state for status in found if status.entry.name == "net")
    return state


def test_a_manifest_that_an_earlier_release_left_changes_nothing_of_this_one(models: Path) -> None:
    shipped = read_manifest(None)
    old = (ROOT / "models" / "manifest.toml").read_text(encoding="utf-8").replace(shipped["sface"].sha256, "0" * 64)
    without = re.sub(r"^\[weights\.mobilefacenet\].*?(?=^\[|\Z)", "", old, flags=re.MULTILINE | re.DOTALL)
    (models / "manifest.toml").write_text(without, encoding="utf-8")
    assert read_manifest(models) == shipped


def test_a_manifest_in_the_models_directory_adds_engines_to_the_shipped_ones(models: Path) -> None:
    assert {name: entry for name, entry in read_manifest(models).items() if name != "net"} == read_manifest(None)
    assert find_entry(models, "net").file == NET


def test_the_shipped_manifest_pins_every_file_and_has_no_address() -> None:
    entries = read_manifest(None)
    assert {"dlib-resnet", "dlib-hog", "yunet", "sface", "mobilefacenet"} <= set(entries)
    assert all("://" not in entry.source for entry in entries.values())
    assert not entries["dlib-resnet"].optional
    assert entries["mobilefacenet"].optional
    assert install("dlib-hog", None, models_dir=Path("unused")).name == entries["dlib-hog"].file


@pytest.mark.parametrize(
    "change",
    [
        ("arcface5", "other"),
        ('role="detector"', 'role="encoder"'),
        ('role="detector"', 'role="pad"'),
        ("net.onnx", "../net.onnx"),
        ("sha256=", "sha="),
    ],
)
def test_a_malformed_manifest_is_refused(models: Path, change: tuple[str, str]) -> None:
    manifest = models / "manifest.toml"
    manifest.write_text(manifest.read_text().replace(*change))
    with pytest.raises(EngineFault):
        read_manifest(models)


def test_a_net_that_tells_a_face_from_a_picture_says_how_far_around_the_face_it_looks(models: Path) -> None:
    manifest = models / "manifest.toml"
    told = manifest.read_text().replace('role="detector"', 'role="pad"').replace('alignment="arcface5"\n', "")
    manifest.write_text(told + 'size=80\ncolour="bgr"\n')
    with pytest.raises(EngineFault):
        read_manifest(models)
    manifest.write_text(told + 'size=80\ncolour="bgr"\nmargin=2.7\n')
    assert (read_manifest(models)["net"].role, read_manifest(models)["net"].margin) == ("pad", 2.7)
