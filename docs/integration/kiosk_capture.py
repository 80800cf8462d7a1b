"""One signed capture: python kiosk_capture.py https://SITE CODE ID_NUMBER a.jpg b.jpg c.jpg

It needs `pip install httpx http-message-signatures`. A real kiosk films what is asked; this one shows pictures.
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

site, code, number, *files = sys.argv[1:]
private = Ed25519PrivateKey.generate()  # a real kiosk makes it once and keeps it in a TPM
public = base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).decode().rstrip("=")
signs_as, held, client = public, {}, httpx.Client(base_url=site, timeout=60)
SENT = ("content-type", "content-digest", "idempotency-key", "capture-token", "capture-nonce")


def post(path, **body):
    """One signed call under /v1/kiosk, and its answer. A refusal ends the program and says its code."""
    request = client.build_request("POST", f"/v1/kiosk{path}", **body)
    digest = base64.b64encode(hashlib.sha256(request.read()).digest()).decode()
    request.headers.update({"content-digest": f"sha-256=:{digest}:", "idempotency-key": secrets.token_hex(16), **held})
    keys, now = MappingKeyResolver(public_keys={}, private_keys={signs_as: private}), datetime.now(UTC)
    covered = ["@method", "@authority", "@path", "@query", *(name for name in SENT if name in request.headers)]
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=keys).sign(
        request, key_id=signs_as, created=now, expires=now + timedelta(seconds=300), nonce=secrets.token_urlsafe(16),
        label="sig1", tag="auth-service-kiosk", covered_component_ids=covered, use_existing_digest=True,
    )  # fmt: skip
    answer = client.send(request)
    return answer.json() if answer.is_success else sys.exit(f"{path}: {answer.status_code} {answer.text}")


signs_as = post("/enrolments", json={"code": code, "public_key": public})["device_id"]
text = client.get("/v1/texts/kiosk_consent/current?lang=zh").json()  # to be shown and agreed to before the camera runs
consent = {"version": text["version"], "language": text["language"]}
opened = post("/capture-sessions", json={"id_number": number, "consent": consent})
session, held["capture-token"] = f"/capture-sessions/{opened['id']}", opened["token"]
asked, began = post(f"{session}/start", json={}), time.monotonic()
held["capture-nonce"], count = asked["nonce"], asked["challenge"]["count"]
for n in range(count):
    if asked["challenge"]["flashes"] and n == count - 1:
        asked = post(f"{session}/colours", json={})  # to be shown while it films, each for challenge.flash_ms
    sys.stderr.write(f"asked: {asked['challenge']['steps'][n]}\n")
    frames = []
    for file in files:  # at about 10 frames a second
        time.sleep(0.1)
        frames.append((round(1000 * (time.monotonic() - began)), Path(file).read_bytes()))
    told = [{"at_ms": at, "bytes": len(jpeg), "sha256": hashlib.sha256(jpeg).hexdigest()} for at, jpeg in frames]
    asked = post(f"{session}/steps/{n}/seal", json={"frames": told})
    times = [("at_ms", (None, str(at))) for at, _ in frames]
    post(f"{session}/steps/{n}", files=[*times, *(("frame", ("f.jpg", jpeg, "image/jpeg")) for _, jpeg in frames)])
sys.stdout.write(json.dumps(post(f"{session}/complete", json={}), ensure_ascii=False) + "\n")
