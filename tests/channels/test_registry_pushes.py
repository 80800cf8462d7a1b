"""Another office's system sends its file over HTTP: kept like any other, seen by its sender, released by ours alone."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from auth_service.accounts.roles import Role
from auth_service.core.errors import AccessRefused, ImporterMissing, LedgerRoleMissing
from auth_service.crosscheck.batches import BatchPolicy
from auth_service.flows.import_registry import ImportRegistry
from auth_service.storage.unit import BatchState
from auth_service.web.limits import FILE_BYTES
from tests.channels.service import EILEEN, NAMES, NOBODY, Deployment

PATH = "/v1/registry-batches"
DEATHS = (
    "source_ref,id_number,name,event_date,recorded_at\n"
    f"M-1,{EILEEN},{NAMES[EILEEN]},2026-02-11,2026-02-12\n"
    f"M-2,{NOBODY},赵某,2026-02-10,2026-02-12\n"
    "M-3,,,2026-02-10,2026-02-12\n"
)
FUTURE = "source_ref,name,event_date\n1,赵某,2020-01-01\n2,钱某,2126-01-01\n"


def push(
    service: Deployment,
    content: bytes | str = DEATHS,
    key: str = "registry",
    once: str | None = None,
    name: str = "deaths.csv",
    **fields: str,
) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return service.client().post(
        PATH,
        headers=service.headers(key, once),
        data={"kind": "death", "source": "民政", **fields},
        files=[("file", (name, data, "text/csv"))],
    )


def see(service: Deployment, batch: str, key: str = "registry") -> httpx.Response:
    return service.client().get(f"{PATH}/{batch}", headers={"Authorization": f"Bearer {service.keys[key]}"})


def batches(service: Deployment) -> int:
    return len(service.wiring.keep_registry.batches())


def test_a_good_file_counts_and_its_bad_rows_are_named_without_what_they_said(service: Deployment) -> None:
    answer = push(service)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["state"], told["source"], told["repeated"]) == ("received", "civil_affairs", False)
    assert (told["counts"]["rows"], told["counts"]["added"], told["counts"]["refused"]) == (3, 2, 1)
    assert told["refused"] == [{"row": 4, "field": "id_number", "code": "field_missing"}]
    assert not any(secret in answer.text for secret in (EILEEN, NAMES[EILEEN]))
    seen = see(service, told["batch"]).json()
    assert {**told, "refused": []} == seen
    with service.wiring.store.reading() as unit:
        (event,) = [one.event for one in unit.audit.rows() if one.event.action == "registry.imported"]
    assert event.actor.startswith("api_key:")


def test_no_answer_tells_who_is_in_the_ledger(service: Deployment) -> None:
    """One row with one number would tell it by its count of hits."""
    assert "hits" not in push(service).json()["counts"]
    all_told = push(service, DEATHS.replace("M-", "N-"), key="all").json()
    assert (all_told["counts"]["hits"], all_told["state"]) == (1, "cleared")


def test_a_file_that_waits_for_its_hits_alone_looks_like_one_that_counts(
    service: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nineteen known numbers and one that is asked about would tell by the limit whose it is."""
    plain = push(service).json()
    monkeypatch.setattr(service.wiring.import_registry, "_policy", BatchPolicy(hits_rows=1, hits_share=0.001))
    waits = push(service, DEATHS.replace("M-", "W-")).json()
    kept = {one.id: one.state for one in service.wiring.keep_registry.batches()}
    assert (kept[plain["batch"]], kept[waits["batch"]]) == (BatchState.CLEARED, BatchState.QUARANTINED)
    assert (plain["state"], plain["odd"]) == (waits["state"], waits["odd"]) == ("received", [])
    assert see(service, waits["batch"]).json()["state"] == "received"


def test_an_odd_file_waits_and_takes_two_people_of_ours(service: Deployment) -> None:
    told = push(service, FUTURE).json()
    assert (told["state"], told["odd"]) == ("quarantined", ["future"])
    keeping = service.wiring.keep_registry
    steward, _ = service.wiring.keep_staff.create("sun", Role.DATA_STEWARD, "correct-horse-battery", "cli")
    monitor, _ = service.wiring.keep_staff.create("he", Role.MONITOR, "correct-horse-battery", "cli")
    with pytest.raises(ImporterMissing):
        keeping.release(told["batch"], steward)
    with pytest.raises(AccessRefused):
        keeping.release(told["batch"], steward)
    assert keeping.release(told["batch"], monitor).state is BatchState.RELEASED
    assert see(service, told["batch"]).json()["state"] == "released"


def test_the_same_key_and_file_get_the_first_answer_and_the_same_file_does_nothing(service: Deployment) -> None:
    first = push(service, once="push-of-february")
    again = push(service, once="push-of-february")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    later = push(service).json()
    assert (later["repeated"], later["batch"]) == (True, first.json()["batch"])
    assert batches(service) == 1
    other = push(service, FUTURE, once="push-of-february")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_batch_is_seen_by_who_sent_it_alone(service: Deployment) -> None:
    batch = push(service).json()["batch"]
    assert see(service, batch, "all").status_code == 404
    assert push(service, key="all").json()["repeated"] is True
    assert see(service, batch, "all").status_code == 200
    for unknown in ("0" * 32, "x", "%00", batch.upper() + "0"):
        assert see(service, unknown).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"kind": "rumour"}, 422, "field_invalid"),
        ({"kind": ""}, 422, "field_missing"),
        ({"kind": "death\x00"}, 422, "field_invalid"),
        ({"source": "x" * 65}, 422, "field_too_long"),
        ({"source": "a\x00b"}, 422, "field_invalid"),
        ({"release": "true"}, 422, "field_invalid"),
    ],
)
def test_fields_that_cannot_be_are_refused_with_their_code(
    service: Deployment, fields: dict[str, str], status: int, code: str
) -> None:
    answer = push(service, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert batches(service) == 0


def bomb() -> bytes:
    """A small archive of a large sheet."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return made.getvalue()


def workbook() -> bytes:
    book, made = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in (("来源编号", "姓名", "死亡日期"), ("1", "赵某", "2026-02-11"), ("2", "钱某", "2026-02-11")):
        book.active.append(row)
    book.save(made)
    return made.getvalue()


HOSTILE: dict[str, bytes] = {
    "no table": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "an archive that grows": bomb(),
    "half a workbook": workbook()[:900],
    "not text": bytes(range(256)) * 8,
    "ragged rows": b"source_ref,name\n1,a,b,c\n",
    "a column twice": b"source_ref,source_ref,name\n1,2,a\n",
    "no reference": "姓名,死亡日期\n赵某,2026-02-11\n".encode(),
    "an old workbook": b"\xd0\xcf\x11\xe0" + bytes(600),
}


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_and_leave_nothing(service: Deployment, name: str) -> None:
    answer = push(service, HOSTILE[name], name="../../etc/passwd")
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"file_unreadable", "columns_missing"}
    assert answer.json()["titles"]["en"]
    assert "passwd" not in answer.text
    assert batches(service) == 0


def test_a_workbook_is_read_and_the_senders_name_of_it_is_not_taken(service: Deployment) -> None:
    told = push(service, workbook(), name="../x.xlsx").json()
    assert told["counts"]["added"] == 2
    assert service.wiring.keep_registry.show(told["batch"]).batch.file_name.startswith("api_key:")


def _post(service: Deployment, **how: Any) -> tuple[int, str]:
    headers = service.headers("registry") | how.pop("headers", {})
    answer = service.client().post(PATH, headers=headers, **how)
    return answer.status_code, answer.json()["code"]


def test_forms_that_are_none_are_refused(service: Deployment) -> None:
    file, kind = ("d.csv", DEATHS.encode(), "text/csv"), {"kind": "death"}
    assert _post(service, json=kind) == (415, "media_type_unsupported")
    assert _post(service, data=kind, files=[("photo", file)]) == (422, "field_invalid")
    assert _post(service, data=kind, files=[("file", file), ("file", file)]) == (400, "request_invalid")
    assert _post(service, data=kind, files=[("file", ("d.csv", b"", "text/csv"))]) == (422, "field_missing")
    large = ("d.csv", bytes(FILE_BYTES + 300 * 1024), "text/csv")
    assert _post(service, data=kind, files=[("file", large)]) == (413, "body_too_large")
    assert _post(service, data=kind, files=[("file", file)], headers={"Idempotency-Key": ""})[0] == 400
    assert batches(service) == 0


@pytest.mark.parametrize("key", ["verify", "payments", "flags", "metrics"])
def test_other_keys_send_and_see_nothing(service: Deployment, key: str) -> None:
    assert push(service, key=key).status_code == 403
    assert see(service, "0" * 32, key).status_code == 403
    assert batches(service) == 0


def test_a_process_without_the_importing_role_says_so(service: Deployment) -> None:
    """The role that serves may not import: a file then waits for a process that may, and nothing is kept."""
    if service.wiring.settings.url.startswith("sqlite"):
        pytest.skip("SQLite knows no roles")
    wiring = service.wiring
    wiring.__dict__["import_registry"] = ImportRegistry(wiring.store, wiring.clock, wiring.settings.crosscheck)
    answer = push(service)
    assert (answer.status_code, answer.json()["code"]) == (503, LedgerRoleMissing.code)
    assert batches(service) == 0
