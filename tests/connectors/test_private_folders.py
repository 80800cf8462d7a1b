"""Folders that the service makes are for its user alone, those above them included."""

from __future__ import annotations

from pathlib import Path

from auth_service.connectors.secret_files import private_folder


def test_missing_folders_above_are_private_too_and_present_ones_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "var" / "demo")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("var", "var/demo")] == [0o700, 0o700]
    private_folder(tmp_path / "var" / "demo")
    assert tmp_path.stat().st_mode & 0o777 == 0o755
