"""The worked signatures of docs/integration/kiosk.md.

python -m tests.kiosk_vectors    prints them
"""

from __future__ import annotations

import base64
import sys
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.signing import Call, Key, base_of, covered_of, input_of, parameters_of, with_digest

SEED = bytes(range(32))
"""Of a key that belongs to nobody."""
AT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
NONCE = "AAECAwQFBgcICQoLDA0ODw"
KEY = Key(Ed25519PrivateKey.from_private_bytes(SEED), "01a222b153829147286b2730f021a21a")
SITE = "pay.example.gov.cn"
BODY = b'{"id_number":"130202194805121223","consent":{"version":"2026-11-29","language":"zh"}}'
STATUS = Call("GET", SITE, "/v1/kiosk/status")
OPENING = with_digest(
    Call(
        "POST", SITE, "/v1/kiosk/capture-sessions",
        headers={"idempotency-key": "0b3ad1f2-6c5e-4f7a-9a53-2f1f0a8c7d11"}, body=BODY,
    ),
    "application/json",
)  # fmt: skip
CALLS = {"without a body": STATUS, "with a body": OPENING}


def headers_of(call: Call) -> dict[str, str]:
    """All headers of a call, signed at the instant of the vectors."""
    covered, parameters = covered_of(call), parameters_of(KEY.id, AT, nonce=NONCE)
    signature = base64.b64encode(KEY.private.sign(base_of(call, covered, parameters))).decode()
    return {
        **call.headers,
        "signature-input": f"sig1={input_of(covered, parameters)}",
        "signature": f"sig1=:{signature}:",
    }


def told(name: str) -> str:
    """One vector as the document shows it."""
    call = CALLS[name]
    base = base_of(call, covered_of(call), parameters_of(KEY.id, AT, nonce=NONCE)).decode()
    lines = [f"{call.method} {call.path} HTTP/1.1", f"host: {call.authority}"]
    lines += [f"{header}: {value}" for header, value in headers_of(call).items()]
    body = f"\n\n{call.body.decode()}" if call.body else ""
    return f"Signature base:\n```\n{base}\n```\nRequest:\n```\n{chr(10).join(lines)}{body}\n```\n"


if __name__ == "__main__":
    sys.stdout.write("\n".join(told(name) for name in CALLS))
