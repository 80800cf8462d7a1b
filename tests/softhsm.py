"""A SoftHSM token of a test's own: a real PKCS#11 library whose keys lie in a folder that a test may take away."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from auth_service.connectors.pkcs11_library import library_at
from auth_service.connectors.pkcs11_token import TokenPlace

PIN = "246810"
LABEL = "auth-service-test"
_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


def library() -> Path | None:
    """Where SoftHSM is, None when this machine lacks it or its tool."""
    found = next((Path(place) for place in _PLACES if Path(place).is_file()), None)
    return found if shutil.which("softhsm2-util") else None


class SoftHsm:
    """One token under `folder`. SoftHSM finds it by SOFTHSM2_CONF, which the caller has to set."""

    def __init__(self, folder: Path) -> None:
        self.tokens = folder / "tokens"
        folder.mkdir(parents=True)
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        self.pin_file = folder / "pin"
        self.set_pin_file(PIN)
        found = library()
        assert found is not None
        self.place = TokenPlace(found, LABEL, self.pin_file)
        self.make_token()

    def make_token(self) -> None:
        """An empty one."""
        self.tokens.mkdir()
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "98765432", "--pin", PIN],
            env={**os.environ, "SOFTHSM2_CONF": str(self.configuration)}, check=True, capture_output=True,
        )  # fmt: skip

    def use_in_this_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The library reads where its tokens are when it starts; another test may have started it elsewhere."""
        monkeypatch.setenv("SOFTHSM2_CONF", str(self.configuration))
        self.restart()

    def restart(self) -> None:
        """The library of this process looks at the tokens anew."""
        shared = library_at(self.place.module)
        with shared.turn(30):
            shared.restarted()

    def set_pin_file(self, pin: str) -> None:
        self.pin_file.write_text(pin + "\n")
        self.pin_file.chmod(0o600)

    def take_away(self) -> None:
        """As when the HSM is unplugged."""
        self.tokens.rename(self.tokens.with_name("away"))

    def bring_back(self) -> None:
        self.tokens.with_name("away").rename(self.tokens)
