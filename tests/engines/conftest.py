"""Real weights and real faces for the engine room's tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.reader import EngineFaceReader

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("AUTH_SERVICE_TEST_DATA", ROOT.parent / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip("needs the shared test data (AUTH_SERVICE_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def lfw(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "faces" / "lfw").glob("*/*.jpg"))


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def models_dir(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models directory with YuNet and MobileFaceNet in it; the manifest is the shipped one."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("face_detection_yunet_2023mar.onnx", "mobilefacenet_foamliu_112_128d.onnx"):
        shutil.copyfile(shared_data / "models" / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def spec(models_dir: Path, cache_dir: Path) -> Callable[[str], ReaderSpec]:
    return lambda engine: ReaderSpec(engine, models_dir, cache_dir)


@pytest.fixture(scope="session")
def dlib_reader(spec: Callable[[str], ReaderSpec]) -> EngineFaceReader:
    return spec("dlib-resnet").build()
