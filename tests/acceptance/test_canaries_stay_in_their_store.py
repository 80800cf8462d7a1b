"""A name, an ID number, a phone and a template that nobody else has: after a day's work they are readable nowhere."""

from __future__ import annotations

import base64
import csv
import uuid
from datetime import date
from pathlib import Path

import httpx
import numpy as np
import pytest

from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.acceptance.lfw import LFW, run
from tests.acceptance.serving import served
from tests.builders import id_number

NAME = "鹮麤龘Canaryname"
NUMBER = id_number(date(1941, 11, 29), 707, "130229")
PHONE = "13977712345"
ACCOUNT = "6217009990001112223"
CONSENT = {
    "consent_basis": "separate_consent",
    "consent_text_version": "v1",
    "consent_language": "zh",
    "consent_reference": "form 7",
}


@pytest.mark.asvs("14.2.3", "14.2.4", "16.2.5")
@pytest.mark.data
def test_after_import_enrolment_verification_and_errors(tmp_path: Path) -> None:
    home = tmp_path / "home"
    photos = sorted((LFW / "Jean_Chretien").glob("*.jpg")) or sorted(next(LFW.iterdir()).glob("*.jpg"))
    run(home, "init")
    run(home, "ledger", "import", str(_ledger(tmp_path)))
    key = run(home, "api-keys", "create", "bank", "--scopes", "verify,assisted")["key"]
    enrolling = run(home, "api-keys", "create", "hall", "--scopes", "enroll")["key"]
    bodies: list[bytes] = []
    with served(home) as service:
        with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
            bodies += _work(client, enrolling, photos)
        log = service.log.read_bytes()
        bodies.append(httpx.get(f"{service.url}/metrics").content)
        # while the service runs, the write-ahead log still holds the newest pages
        stored = [(path.name, path.read_bytes()) for path in home.rglob("*") if path.is_file()]
    secrets = {**_texts(), **_template(home)}
    places = [*stored, ("log", log), *((f"answer {n}", body) for n, body in enumerate(bodies))]
    places = [(name, data) for name, data in places if not name.endswith(".onnx")]
    assert any(name.endswith("-wal") for name, _ in places)
    found = [(what, name) for what, secret in secrets.items() for name, data in places if secret in data]
    assert found == []


def _ledger(folder: Path) -> Path:
    path = folder / "ledger.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id_number", "name", "benefit_kind", "phone", "bank_account"])
        writer.writerow([NUMBER, NAME, "resident_pension", PHONE, ACCOUNT])
    return path


def _work(client: httpx.Client, enrolling: str, photos: list[Path]) -> list[bytes]:
    """An enrolment, a pass, a replay, a bare photo, and every error that an ID number or name may slip into."""

    def post(path: str, photo: bytes, **fields: str) -> httpx.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if path == "/v1/enrollments":
            headers["Authorization"] = f"Bearer {enrolling}"
        return client.post(path, data=fields, files={"photo": ("x.jpg", photo, "image/jpeg")}, headers=headers)

    first, second = photos[0].read_bytes(), photos[1].read_bytes()
    enrolled = post("/v1/enrollments", first, id_number=NUMBER, photo_source="officer", **CONSENT)
    assert enrolled.status_code in {200, 201}, enrolled.text
    answers = [
        enrolled,
        post("/v1/verifications", second, id_number=NUMBER, attested_by="li.na"),
        post("/v1/verifications", first, id_number=NUMBER, attested_by="li.na"),
        post("/v1/verifications", second, id_number=NUMBER),
        post("/v1/verifications", second, id_number=NUMBER[:-1] + "?"),
        post("/v1/verifications", b"not a photo " + NAME.encode(), id_number=NUMBER),
        post("/v1/verifications", second, id_number=NAME),
        client.get(f"/v1/{NUMBER}"),
        client.get(f"/certificates/{NUMBER}?name={NAME}"),
    ]
    assert {answer.status_code for answer in answers} <= {200, 201, 404, 422}
    return [answer.content for answer in answers]


def _texts() -> dict[str, bytes]:
    return {
        "name": NAME.encode(), "name in utf-16": NAME.encode("utf-16-le"), "name in gb18030": NAME.encode("gb18030"),
        "escaped name": NAME.encode("unicode_escape"), "id number": NUMBER.encode(), "birth date": b"1941-11-29",
        "phone": PHONE.encode(), "account": ACCOUNT.encode(), "id number in base64": base64.b64encode(NUMBER.encode()),
    }  # fmt: skip


def _template(home: Path) -> dict[str, bytes]:
    wiring = Wiring(load_settings(home=home))
    try:
        with wiring.store.reading() as unit:
            person = unit.people.id_of(NUMBER)
            assert person is not None
            reference = unit.references.current(person, wiring.pool.identity)
    finally:
        wiring.store.close()
    assert reference is not None
    assert reference.template is not None
    vector = reference.template.vector[8:16]
    face_hash = reference.photos[0].photo_hash.face_hash
    return {
        "template as float32": vector.astype("<f4").tobytes(),
        "template as float64": vector.astype("<f8").tobytes(),
        "template as text": np.array2string(vector[:3], separator=",")[1:-1].encode(),
        "template in base64": base64.b64encode(vector.astype("<f4").tobytes())[:-4],
        "face hash": face_hash.to_bytes(8, "big"),
        "face hash, little end first": face_hash.to_bytes(8, "little"),
        "face hash as number": str(face_hash).encode(),
    }
