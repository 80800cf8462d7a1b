"""A key sends the kinds that it was made for, in the name of its own office; everything else is refused before it is
read, and stands in the audit trail."""

from __future__ import annotations

import httpx
import pytest

from auth_service.accounts.credentials import ApiKey, new_token, token_hash
from auth_service.accounts.roles import Scope
from auth_service.core.audit import AuditEvent
from auth_service.core.errors import CredentialsInvalid
from auth_service.core.ids import new_id
from auth_service.crosscheck.sources import RegistryKind
from auth_service.storage.unit import ReadUpTo
from tests.channels.service import Deployment
from tests.channels.test_registry_pushes import DEATHS, PATH, batches, push, see

EMPTY_DAY = "source_ref,name,event_date\n"
NAMED = "source_ref,name,event_date,source\n1,赵某,2026-02-11,\n2,钱某,2026-02-11,{}\n"


def refusals(service: Deployment) -> list[AuditEvent]:
    with service.wiring.store.reading() as unit:
        return [row.event for row in unit.audit.rows() if row.event.action == "registry.refused"]


def id_of(service: Deployment, key: str) -> str:
    return service.keys[key].split("_")[1]


def refused(service: Deployment, answer: httpx.Response, key: str, code: str) -> None:
    """403 with its code, nothing kept, one row in the trail that says who, and nothing of what was sent."""
    assert (answer.status_code, answer.json()["code"]) == (403, code), answer.text
    assert answer.json()["titles"]["zh"]
    assert batches(service) == 0
    mine = f"api_key:{id_of(service, key)}"
    assert refusals(service) == [AuditEvent(mine, "registry.refused", mine, {"code": code})]


@pytest.mark.asvs("8.2.2")
def test_a_kind_that_the_key_was_not_made_for_is_refused(service: Deployment) -> None:
    refused(service, push(service, kind="prison"), "registry", "kind_not_of_key")


@pytest.mark.asvs("8.2.2")
@pytest.mark.parametrize("source", ["公安", "police", "POLICE", "县公安局", "civil_affairs,police"])
def test_a_source_that_the_key_does_not_speak_for_is_refused(service: Deployment, source: str) -> None:
    refused(service, push(service, source=source), "registry", "source_not_of_key")


@pytest.mark.parametrize("source", ["police", "公安部门", " 公安 ", "village", "谁也不是", "x" * 65])
def test_a_file_with_one_row_in_another_name_is_refused_whole(service: Deployment, source: str) -> None:
    """What the form says is for the rows that say nothing: the rows were the way around it."""
    answer = push(service, NAMED.format(source))
    refused(service, answer, "registry", "source_not_of_key")
    assert answer.json()["detail"] == "row 3"


@pytest.mark.parametrize("source", ["", "民政局", "civil_affairs", " CIVIL_AFFAIRS "])
def test_the_keys_own_source_goes_by_any_of_its_names_and_is_taken_where_none_is_given(
    service: Deployment, source: str
) -> None:
    told = push(service, NAMED.format(source), source=source).json()
    assert (told["source"], told["counts"]["added"], told["refused"]) == ("civil_affairs", 2, [])
    assert refusals(service) == []


def test_a_form_without_a_source_is_one_of_the_keys_own(service: Deployment) -> None:
    """Deaths would be civil affairs' otherwise, whoever sends them."""
    answer = service.client().post(
        PATH,
        headers=service.headers("police"),
        data={"kind": "death"},
        files=[("file", ("d.csv", DEATHS.encode(), "text/csv"))],
    )
    assert (answer.status_code, answer.json()["source"]) == (201, "police")


@pytest.fixture
def old_key(service: Deployment, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key as a release before bindings made it."""
    secret, now = new_token(), service.clock.now()
    key = ApiKey(new_id(), "old", (Scope.REGISTRY,), token_hash(secret), now, None, disabled=False)
    with service.wiring.store.unit() as unit:
        unit.api_keys.add(key)
    monkeypatch.setitem(service.keys, "old", f"ak_{key.id}_{secret}")
    return "old"


def test_a_key_from_before_bindings_sends_nothing_and_is_told_what_to_do(service: Deployment, old_key: str) -> None:
    answer = push(service, key=old_key)
    refused(service, answer, old_key, "key_unbound")
    for words in answer.json()["titles"].values():
        assert "--kinds" in words
        assert "--source" in words
    assert see(service, "0" * 32, old_key).status_code == 404, "what it sent before it may still see"


def test_a_stolen_key_does_not_fill_the_trail(service: Deployment) -> None:
    for _ in range(5):
        assert push(service, kind="prison").status_code == 403
        assert push(service, source="公安").status_code == 403
    assert [one.details["code"] for one in refusals(service)] == ["kind_not_of_key", "source_not_of_key"]


def test_the_same_bytes_from_two_offices_are_two_files(service: Deployment) -> None:
    """A day on which nobody died looks the same everywhere; and a copy of another office's file opens nothing of it."""
    ours = push(service, EMPTY_DAY).json()
    theirs = push(service, EMPTY_DAY, key="police", source="").json()
    assert (ours["source"], theirs["source"]) == ("civil_affairs", "police")
    assert (ours["repeated"], theirs["repeated"]) == (False, False)
    assert see(service, ours["batch"], "police").status_code == 404
    again = [push(service, EMPTY_DAY, key=key, source="").json() for key in ("registry", "police")]
    assert [(one["batch"], one["repeated"]) for one in again] == [(ours["batch"], True), (theirs["batch"], True)]


def test_one_office_takes_nothing_back_that_another_told(service: Deployment) -> None:
    push(service, EMPTY_DAY + "M-1,赵某,2026-02-11\n")
    void = "source_ref,message\nM-1,void\n"
    assert push(service, void, key="police", source="").json()["counts"]["voids"] == 1
    with service.wiring.store.reading() as unit:
        assert unit.registry.voided_since(ReadUpTo())[0] == []


@pytest.mark.asvs("8.3.2")
def test_a_key_that_ends_while_its_file_is_on_its_way_sends_nothing(service: Deployment) -> None:
    key_id = id_of(service, "registry")
    assert service.services.registry.admit.run(key_id, RegistryKind.DEATH, "") == "civil_affairs"
    service.wiring.keep_api_keys.disable(key_id, "cli")
    with pytest.raises(CredentialsInvalid):
        service.services.registry.admit.run(key_id, RegistryKind.DEATH, "")
