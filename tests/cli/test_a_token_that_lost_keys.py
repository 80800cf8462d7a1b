"""Keys gone from a token stop the service with their code: only `init` makes keys, and only for a new service."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.connectors.hsm import AUDIT, SIGNING, TokenKeys
from auth_service.connectors.pkcs11_token import Token
from auth_service.core.errors import KeyMissing
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.cli.test_commands import run
from tests.softhsm import SoftHsm

pytestmark = pytest.mark.hsm


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    made = SoftHsm(tmp_path / "hsm")
    made.use_in_this_process(monkeypatch)
    for name, value in (("STORE", "pkcs11"), ("PKCS11_MODULE", made.place.module), ("PKCS11_TOKEN", made.place.label),
                        ("PKCS11_PIN_FILE", made.pin_file)):  # fmt: skip
        monkeypatch.setenv(f"{PREFIX}KEYS__{name}", str(value))
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}AUDIT__ORIGIN", "test/audit")
    return made


def labels(hsm: SoftHsm) -> set[str]:
    """Labels of all keys in the token."""
    token = Token(hsm.place)
    return token.call(lambda seat: {key.label for key in seat.session.get_objects()})


def destroy(hsm: SoftHsm, label: str) -> None:
    token = Token(hsm.place)
    wanted = {token.p11.Attribute.LABEL: label}

    def gone(session: object) -> None:
        for key in list(session.get_objects(wanted)):  # type: ignore[attr-defined]
            key.destroy()

    token.writing(gone)


def error(*arguments: str) -> str:
    return str(run(*arguments, expect=1)["error"]["code"])


def test_in_an_empty_token_only_init_makes_keys(hsm: SoftHsm) -> None:
    for command in (("serve", "--port", "18471"), ("worker", "--once"), ("migrate",), ("keys", "status")):
        assert error(*command) == "key_missing"
    assert labels(hsm) == set()
    run("init")
    assert labels(hsm) == {"auth-service kek", "auth-service index", SIGNING, AUDIT}
    run("audit", "checkpoint")
    before = run("keys", "status")
    run("init")
    assert run("keys", "status") == before, "a second init changes nothing"


@pytest.mark.parametrize(
    ("label", "command"),
    [(AUDIT, ("audit", "checkpoint")), (AUDIT, ("init",)), ("auth-service kek", ("worker", "--once")),
     ("auth-service kek", ("init",)), ("auth-service index", ("worker", "--once")), ("auth-service index", ("init",)),
     (SIGNING, ("serve", "--port", "18471"))],
)  # fmt: skip
def test_a_key_that_was_destroyed_is_missed_and_no_other_takes_its_place(
    hsm: SoftHsm, label: str, command: tuple[str, ...]
) -> None:
    run("init")
    run("audit", "checkpoint")
    destroy(hsm, label)
    assert error(*command) == "key_missing"
    assert label not in labels(hsm)


def test_a_new_token_in_the_place_of_the_old_one_is_refused(hsm: SoftHsm) -> None:
    run("init")
    hsm.take_away()
    hsm.make_token()
    hsm.restart()
    assert error("init") == "key_missing"
    assert labels(hsm) == set()


def test_lost_signing_keys_are_replaced_on_request(hsm: SoftHsm) -> None:
    run("init")
    run("audit", "checkpoint")
    destroy(hsm, AUDIT)
    destroy(hsm, SIGNING)
    run("audit", "renew-key")
    run("keys", "rotate", "--signing", "--lost")
    assert {AUDIT, SIGNING} <= labels(hsm)
    run("worker", "--once")


def test_once_certificates_were_signed_not_even_init_makes_another_key(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    destroy(hsm, SIGNING)
    wiring = Wiring(load_settings())
    wiring.making_keys = True
    monkeypatch.setattr(wiring.store.queries, "totals", lambda: {"certificates": 1})
    with pytest.raises(KeyMissing):
        wiring.signer.public_key()
    assert SIGNING not in labels(hsm)
    assert TokenKeys(Token(hsm.place)).active
    wiring.close_stores()
