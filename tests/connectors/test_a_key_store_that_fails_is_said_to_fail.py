"""F40: a key store that is away, hangs, refuses its PIN or has lost a key gives a coded error, and heals by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from auth_service.connectors.deadline import Deadline
from auth_service.connectors.hsm import TokenKeys, TokenSigner
from auth_service.connectors.key_choice import KeyChoice
from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.pkcs11_library import library_at
from auth_service.connectors.pkcs11_token import Token
from auth_service.core.errors import KeyMissing, KeyStoreUnavailable, SealBroken, SettingInvalid
from auth_service.core.keys import KeyPolicy, KeyStoreKind
from tests.conftest import ROOT
from tests.softhsm import SoftHsm

SECRET = bytes(range(32))


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    made = SoftHsm(tmp_path / "hsm")
    made.use_in_this_process(monkeypatch)
    return made


@pytest.mark.hsm
def test_a_token_that_goes_away_is_unavailable_and_comes_back_by_itself(hsm: SoftHsm) -> None:
    token = Token(hsm.place)
    ring, signer = TokenKeys.open_or_create(token), TokenSigner.open_or_create(token)
    wrapped = ring.wrap(SECRET, b"a")
    index = ring.index_key("name")
    hsm.take_away()
    for _ in range(2):
        for call in (lambda: ring.unwrap(wrapped, b"a"), lambda: ring.wrap(SECRET, b"a"), ring.add_version,
                     lambda: ring.index_key("name"), lambda: signer.sign(b"x")):  # fmt: skip
            with pytest.raises(KeyStoreUnavailable):
                call()
    assert not list(hsm.tokens.parent.glob("tokens/*")), "a key was made somewhere else"
    hsm.bring_back()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert ring.unwrap(wrapped, b"a") == SECRET
            break
        except KeyStoreUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert ring.index_key("name") == index
    assert len(signer.sign(b"x")) == 64


@pytest.mark.hsm
def test_what_other_tokens_hold_is_of_no_use(hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped = TokenKeys.open_or_create(Token(hsm.place)).wrap(SECRET, b"a")
    other = SoftHsm(tmp_path / "other")
    code = (
        "from auth_service.connectors.hsm import TokenKeys; from auth_service.connectors.pkcs11_token import *;"
        "from auth_service.core.keys import WrappedKey; from pathlib import Path;"
        f"ring = TokenKeys.open_or_create(Token(TokenPlace(Path({str(other.place.module)!r}), {other.place.label!r}, "
        f"Path({str(other.pin_file)!r})))); ring.unwrap(WrappedKey({wrapped.key_id!r}, {wrapped.ciphertext!r}), b'a')"
    )
    assert "KeyMissing" in _in_a_process(code, other)


@pytest.mark.hsm
def test_a_refused_pin_is_not_tried_again_until_its_file_changes(hsm: SoftHsm) -> None:
    """A token locks itself for good after a few wrong tries."""
    hsm.set_pin_file("1111")
    code = (
        "import time; from auth_service.connectors.hsm import TokenKeys; from pathlib import Path\n"
        "from auth_service.connectors import pkcs11_token; pkcs11_token._RETRY_SECONDS = 0.05\n"
        "from auth_service.connectors.pkcs11_token import Token, TokenPlace\n"
        "from auth_service.core.errors import KeyMissing\n"
        f"pin = Path({str(hsm.pin_file)!r})\n"
        f"token = Token(TokenPlace(Path({str(hsm.place.module)!r}), {hsm.place.label!r}, pin))\n"
        "told = []\n"
        "for _ in range(3):\n"
        "    try: TokenKeys.open_or_create(token)\n"
        "    except KeyMissing as error: told.append(error.detail)\n"
        "    time.sleep(0.1)\n"
        "pin.write_text('246810')\n"
        "print(told, len(TokenKeys.open_or_create(token).versions()))\n"
    )
    told = _in_a_process(code, hsm)
    assert told.count("PinIncorrect") == 1, told
    assert told.count("has refused the PIN") == 2
    assert told.strip().endswith("1")


@pytest.mark.hsm
def test_many_threads_and_two_users_of_one_library_do_not_disturb_it(hsm: SoftHsm) -> None:
    """A library that was started without locks corrupts its memory under two threads; in a process of its own here."""
    code = (
        "import threading; from pathlib import Path; from auth_service.connectors.hsm import TokenKeys, TokenSigner\n"
        "from auth_service.connectors.pkcs11_token import Token, TokenPlace\n"
        f"place = TokenPlace(Path({str(hsm.place.module)!r}), {hsm.place.label!r}, Path({str(hsm.pin_file)!r}))\n"
        "ring, signer = TokenKeys.open_or_create(Token(place)), TokenSigner.open_or_create(Token(place))\n"
        "done = []\n"
        "def work():\n"
        "    for turn in range(300):\n"
        "        assert ring.unwrap(ring.wrap(bytes(32), b'c'), b'c') == bytes(32)\n"
        "        signer.sign(b'a')\n"
        "    done.append(turn)\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "[one.start() for one in threads]; [one.join() for one in threads]; print('done', len(done))\n"
    )
    assert _in_a_process(code, hsm).strip() == "done 4"


@pytest.mark.hsm
def test_a_library_started_anew_by_one_user_is_opened_again_by_the_other(hsm: SoftHsm) -> None:
    first, second = TokenKeys.open_or_create(Token(hsm.place)), TokenSigner.open_or_create(Token(hsm.place))
    shared = library_at(hsm.place.module)
    with shared.turn(5):
        shared.restarted()
    assert first.unwrap(first.wrap(SECRET, b"a"), b"a") == SECRET
    assert len(second.sign(b"x")) == 64


@pytest.mark.asvs("13.3.1", "13.3.3")
@pytest.mark.hsm
def test_keys_cannot_be_read_out_of_the_token(hsm: SoftHsm) -> None:
    token = Token(hsm.place)
    TokenKeys.open_or_create(token)
    TokenSigner.open_or_create(token)
    p11 = token.p11

    def values(seat: object) -> list[str]:
        found = []
        for kind in (p11.ObjectClass.SECRET_KEY, p11.ObjectClass.PRIVATE_KEY):
            for key in seat.session.get_objects({p11.Attribute.CLASS: kind}):  # type: ignore[attr-defined]
                try:
                    found.append(key[p11.Attribute.VALUE].hex())
                except p11.AttributeSensitive:
                    found.append("sensitive")
        return found

    assert token.call(values) == ["sensitive"] * 3


@pytest.mark.hsm
def test_an_empty_token_gives_no_key_ring_unless_one_is_asked_to_be_made(hsm: SoftHsm) -> None:
    token = Token(hsm.place)
    with pytest.raises(KeyMissing):
        TokenKeys(token)
    with pytest.raises(KeyMissing):
        TokenSigner(token)


def test_settings_of_a_token_that_cannot_work_are_refused(tmp_path: Path) -> None:
    policy = KeyPolicy(KeyStoreKind.PKCS11)
    with pytest.raises(SettingInvalid):
        KeyChoice(policy, tmp_path).keys(may_create=True)
    pin = tmp_path / "pin"
    pin.write_text("1")
    pin.chmod(0o600)
    policy = KeyPolicy(KeyStoreKind.PKCS11, str(tmp_path / "no.so"), "label", str(pin))
    with pytest.raises(SettingInvalid):
        KeyChoice(policy, tmp_path).keys(may_create=True)


def test_without_the_extra_package_the_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    policy = KeyPolicy(KeyStoreKind.PKCS11, "/lib.so", "label", "/pin")
    with pytest.raises(SettingInvalid, match=r"requirements\.lock"):
        KeyChoice(policy, tmp_path).keys(may_create=True)


def test_a_key_file_that_went_away_wraps_nothing_more(tmp_path: Path) -> None:
    """What it wrapped from then on nobody could ever open again."""
    path = tmp_path / "keys.json"
    ring = KeyFile.open_or_create(path)
    wrapped = ring.wrap(SECRET, b"a")
    path.rename(tmp_path / "away.json")
    for call in (lambda: ring.wrap(SECRET, b"a"), lambda: ring.unwrap(wrapped, b"a"), lambda: ring.index_key("x")):
        with pytest.raises(KeyStoreUnavailable):
            call()
    (tmp_path / "away.json").rename(path)
    assert ring.unwrap(wrapped, b"a") == SECRET


def test_a_call_that_hangs_is_given_up_and_when_all_hang_nobody_waits_long() -> None:
    before = threading.active_count()
    deadline, release = Deadline(seconds=0.1, threads=2), threading.Event()
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(KeyStoreUnavailable):
            deadline.call(release.wait)
    assert time.monotonic() - began < 1.0
    assert threading.active_count() <= before + 2
    release.set()
    for _ in range(5):
        assert deadline.call(lambda: 7, seconds=5) == 7


def test_what_a_call_raises_comes_out_where_it_was_made() -> None:
    def broken() -> None:
        raise SealBroken("here")

    with pytest.raises(SealBroken, match="here"):
        Deadline().call(broken)


def test_a_call_that_hangs_does_not_keep_the_process_alive() -> None:
    code = (
        "import threading; from auth_service.connectors.deadline import Deadline\n"
        "try: Deadline(0.1).call(threading.Event().wait)\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )
    assert "no answer within 0.1 seconds" in done.stdout


def _in_a_process(code: str, hsm: SoftHsm) -> str:
    environment = {**os.environ, "SOFTHSM2_CONF": str(hsm.configuration)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr
