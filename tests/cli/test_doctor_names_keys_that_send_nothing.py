"""`auth-service doctor` names keys from before bindings, whose offices' files are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auth_service.accounts.credentials import ApiKey
from auth_service.accounts.roles import Scope
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.cli.test_commands import home, run, say

__all__ = ["home"]


def _finding(expect: int) -> dict[str, Any]:
    (found,) = (one for one in run("doctor", expect=expect)["findings"] if one["name"] == "registry keys")
    return dict(found)


def test_a_key_from_before_bindings_is_named_until_it_is_disabled(home: Path) -> None:
    run("init")
    run("api-keys", "create", "police", "--scopes", "registry", "--kinds", "household", "--source", "公安")
    assert _finding(0) == {
        "name": "registry keys", "fine": True, "detail": "1 bound to their kinds and source", "mend": "", "mend_zh": "",
    }  # fmt: skip
    wiring = Wiring(load_settings())
    with wiring.store.unit() as unit:
        unit.api_keys.add(
            ApiKey("a" * 32, "old office", (Scope.REGISTRY,), "0" * 64, datetime.now(UTC), None, disabled=False)
        )
    wiring.close_stores()
    found = _finding(1)
    assert (found["fine"], found["detail"]) == (False, "may send nothing: old office")
    run("api-keys", "disable", "a" * 32)
    assert _finding(0)["fine"]
    assert "登记推送密钥" in say("doctor")
