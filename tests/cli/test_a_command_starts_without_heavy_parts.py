"""What draws pictures or serves pages is loaded by the commands that need it; everybody else waits less."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("package", ["matplotlib", "fastapi", "uvicorn"])
def test_no_command_is_slowed_by_what_only_some_need(package: str) -> None:
    asked = f"import sys, auth_service.cli.main; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, timeout=120).returncode == 0
