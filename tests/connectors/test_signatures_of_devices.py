"""A device's signature is taken in one form, and nothing that differs by a byte is."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

from auth_service.accounts.devices import DevicePolicy
from auth_service.accounts.signatures import SignatureClaim, SignedMessage, check_time, remembered_until
from auth_service.connectors.message_signatures import DeviceSignatures
from auth_service.core.errors import (
    ClockSkewed,
    DigestMismatch,
    SignatureExpired,
    SignatureInvalid,
    SignatureMissing,
    SignatureRefused,
)
from tests.signing import Call, Key, base_of, covered_of, digest_of, input_of, parameters_of, signed, with_digest

AT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
SITE = "pay.example.gov.cn"
KEY = Key(id="0" * 31 + "1")
BODY = json.dumps({"way": "counter"}).encode()
SENT = Call("POST", SITE, "/v1/kiosk/other-ways", headers={"idempotency-key": "k1"}, body=BODY)
WITH_BODY, WITHOUT = with_digest(SENT, "application/json"), Call("GET", SITE, "/v1/kiosk/status")
CHECK = DeviceSignatures()


def message(call: Call, headers: dict[str, str], **other: str) -> SignedMessage:
    sent = dict(headers)
    if call.body:
        sent["content-length"] = str(len(call.body))
    url = f"https://{call.authority}{call.path}" + (f"?{call.query}" if call.query else "")
    made = SignedMessage(call.method, url, tuple(sent.items()))
    return replace(made, **other)  # type: ignore[arg-type]


def accepted(asked: SignedMessage, key: Key = KEY) -> SignatureClaim:
    claim = CHECK.claim_of(asked)
    CHECK.verify(asked, claim.key_id, key.public)
    return claim


@pytest.mark.asvs("4.1.5", "11.2.1")
@pytest.mark.parametrize("call", [WITH_BODY, WITHOUT, replace(WITHOUT, query="a=1&b=%20x")])
def test_what_a_device_signs_by_the_standard_is_accepted(call: Call) -> None:
    claim = accepted(message(call, signed(call, KEY, AT, nonce="n" * 22)))
    assert claim == SignatureClaim(KEY.id, AT, AT + timedelta(seconds=300), "n" * 22)


def test_what_a_well_kept_library_signs_is_accepted_too() -> None:
    class Request:
        method, url, headers = "POST", f"https://{SITE}{WITH_BODY.path}", dict(WITH_BODY.headers)

    keys = MappingKeyResolver(public_keys={}, private_keys={KEY.id: KEY.private})
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=keys).sign(
        Request, key_id=KEY.id, created=AT, expires=AT + timedelta(seconds=60), nonce="n" * 22, label="sig1",
        tag="auth-service-kiosk", covered_component_ids=covered_of(WITH_BODY),
        use_existing_digest=True,
    )  # fmt: skip
    assert accepted(message(WITH_BODY, Request.headers)).nonce == "n" * 22


OTHER = {
    "another path": lambda call: replace(call, path="/v1/kiosk/staff-calls"),
    "another method": lambda call: replace(call, method="PUT"),
    "another host": lambda call: replace(call, authority="evil.example"),
    "a query": lambda call: replace(call, query="way=relative"),
    "another path by a percent sign": lambda call: replace(call, path="/v1/kiosk/other%2Dways"),
    "a slash more": lambda call: replace(call, path="/v1/kiosk/other-ways/"),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_signature_is_good_for_one_request_line(name: str) -> None:
    headers = signed(WITH_BODY, KEY, AT)
    with pytest.raises(SignatureInvalid):
        accepted(message(OTHER[name](WITH_BODY), headers))


@pytest.mark.parametrize("header", ["content-type", "content-digest", "idempotency-key"])
def test_a_header_that_was_signed_can_neither_change_nor_go_nor_come_twice(header: str) -> None:
    headers = signed(WITH_BODY, KEY, AT)
    sent = message(WITH_BODY, headers)
    changed = message(WITH_BODY, headers | {header: "other"})
    gone = message(WITH_BODY, {name: value for name, value in headers.items() if name != header})
    twice = replace(sent, headers=(*sent.headers, (header, headers[header])))
    for hostile in (changed, gone, twice):
        with pytest.raises(SignatureInvalid):
            accepted(hostile)


@pytest.mark.parametrize("header", ["capture-token", "capture-nonce", "idempotency-key"])
def test_no_header_that_counts_can_be_added_to_a_signed_request(header: str) -> None:
    with pytest.raises(SignatureInvalid):
        accepted(message(WITHOUT, signed(WITHOUT, KEY, AT) | {header: "x" * 22}))


def test_a_body_cannot_be_added_to_a_request_that_was_signed_without_one() -> None:
    headers = signed(WITHOUT, KEY, AT)
    for announced in ({"content-length": "5"}, {"transfer-encoding": "chunked"}, {"content-length": "00"}):
        with pytest.raises(SignatureInvalid):
            accepted(message(WITHOUT, headers | announced))
    assert accepted(message(WITHOUT, headers | {"content-length": "0"}))


def resigned(covered: list[str], key: Key = KEY, call: Call = WITH_BODY, **other: str | int) -> dict[str, str]:
    """As the device's own key would sign something else."""
    parameters = parameters_of(key.id, AT, **other)
    signature = base64.b64encode(key.private.sign(base_of(call, covered, parameters))).decode()
    return dict(call.headers) | {
        "signature-input": f"sig1={input_of(covered, parameters)}", "signature": f"sig1=:{signature}:",
    }  # fmt: skip


@pytest.mark.parametrize("left_out", ["@method", "@authority", "@path", "@query", "content-digest", "content-type"])
def test_a_signature_that_leaves_something_out_is_refused_even_from_the_right_key(left_out: str) -> None:
    covered = [name for name in covered_of(WITH_BODY) if name != left_out]
    with pytest.raises(SignatureInvalid, match="cover exactly"):
        accepted(message(WITH_BODY, resigned(covered)))


def test_components_with_parameters_or_twice_are_refused() -> None:
    headers = signed(WITH_BODY, KEY, AT)
    for old, new in (
        ('"@path"', '"@path";req'),
        ('"@path"', '"@path" "@path"'),
        ('"@path"', "@path"),
        ('"@path"', "1"),
    ):
        hostile = headers | {"signature-input": headers["signature-input"].replace(old, new)}
        with pytest.raises(SignatureInvalid):
            accepted(message(WITH_BODY, hostile))


@pytest.mark.asvs("9.1.2", "9.1.3")
@pytest.mark.parametrize("alg", ["none", "hmac-sha256", "rsa-v1_5-sha256", "ecdsa-p256-sha256", "Ed25519", ""])
def test_no_other_algorithm_is_taken(alg: str) -> None:
    with pytest.raises(SignatureInvalid):
        accepted(message(WITH_BODY, resigned(covered_of(WITH_BODY), alg=alg)))


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    covered, said = covered_of(WITH_BODY), parameters_of(KEY.id, AT, alg="hmac-sha256")
    for parameters in (said, said | {"alg": "ed25519"}):
        made = hmac.new(KEY.public, base_of(WITH_BODY, covered, parameters), sha256).digest()
        headers = dict(WITH_BODY.headers) | {
            "signature-input": f"sig1={input_of(covered, parameters)}",
            "signature": f"sig1=:{base64.b64encode(made).decode()}:",
        }
        with pytest.raises(SignatureInvalid):
            accepted(message(WITH_BODY, headers))


def test_an_empty_or_foreign_signature_is_refused() -> None:
    headers = signed(WITH_BODY, KEY, AT)
    for value in ("sig1=::", "sig1=:AAAA:", f"sig1=:{base64.b64encode(bytes(64)).decode()}:", 'sig1="x"', "sig1"):
        with pytest.raises(SignatureInvalid):
            accepted(message(WITH_BODY, headers | {"signature": value}))
    with pytest.raises(SignatureInvalid):
        accepted(message(WITH_BODY, headers), Key())


def second(text: str) -> str:
    return text.replace("sig1", "sig2")


def test_labels_are_one_and_named_once() -> None:
    headers = signed(WITH_BODY, KEY, AT)
    given, made = headers["signature-input"], headers["signature"]
    for names in (
        {"signature-input": f"{given}, {given}"}, {"signature": f"{made}, {made}"},
        {"signature-input": f"{given}, {second(given)}", "signature": f"{made}, {second(made)}"},
        {"signature-input": second(given), "signature": second(made)}, {"signature-input": second(given)},
        {"signature-input": "sig1", "signature": made}, {"signature-input": "((", "signature": made},
        {"signature-input": "sig1=()" + " " * 5000},
    ):  # fmt: skip
        with pytest.raises(SignatureInvalid):
            accepted(message(WITH_BODY, headers | names))
    sent = message(WITH_BODY, headers)
    with pytest.raises(SignatureInvalid):
        accepted(replace(sent, headers=(*sent.headers, ("signature-input", given))))


def test_unsigned_is_said_to_be_unsigned() -> None:
    headers = signed(WITH_BODY, KEY, AT)
    for lacking in ("signature", "signature-input"):
        with pytest.raises(SignatureMissing):
            accepted(message(WITH_BODY, {name: value for name, value in headers.items() if name != lacking}))


@pytest.mark.parametrize(
    "other",
    [{"tag": "other"}, {"nonce": "short"}, {"nonce": "n" * 200}, {"nonce": "n" * 21 + "!"}, {"keyid": "../etc"},
     {"keyid": KEY.id.replace("0", "A")}, {"created": "soon"}, {"created": 2**50}, {"expires": -1}],
)  # fmt: skip
def test_parameters_have_one_form(other: dict[str, str | int]) -> None:
    with pytest.raises(SignatureInvalid):
        accepted(message(WITH_BODY, resigned(covered_of(WITH_BODY), **other)))


def test_a_parameter_more_or_less_is_refused() -> None:
    headers = signed(WITH_BODY, KEY, AT)
    for old, new in (
        (';alg="ed25519"', ""),
        (';tag="auth-service-kiosk"', ""),
        (";alg", ";x=1;alg"),
        ("created", "seen"),
    ):
        hostile = headers | {"signature-input": headers["signature-input"].replace(old, new)}
        with pytest.raises(SignatureInvalid):
            accepted(message(WITH_BODY, hostile))


@pytest.mark.asvs("4.1.5")
def test_a_body_that_is_not_the_one_signed_is_found() -> None:
    CHECK.check_body([digest_of(BODY)], BODY)
    CHECK.check_body([], b"")
    CHECK.check_body([digest_of(b"")], b"")
    other = digest_of(b"other")
    for digests, body in (
        ([digest_of(BODY)], BODY + b" "), ([digest_of(BODY)], b""), ([], BODY), ([digest_of(BODY), other], BODY),
        ([digest_of(BODY), digest_of(BODY)], BODY), (["md5=:AAAA:"], BODY), (["sha-256=:AAAA:"], BODY),
        (["x" * 9000], BODY), ([f"{digest_of(BODY)}, sha-512=:AAAA:"], BODY),
    ):  # fmt: skip
        with pytest.raises(DigestMismatch):
            CHECK.check_body(digests, body)


def test_clocks_may_differ_by_five_minutes_and_no_signature_holds_longer() -> None:
    policy = DevicePolicy()

    def claim(ahead: float, lasts: float = 300) -> SignatureClaim:
        created = AT + timedelta(seconds=ahead)
        return SignatureClaim(KEY.id, created, created + timedelta(seconds=lasts), "n" * 22)

    for fine in (claim(0), claim(300), claim(-600), claim(0, 1)):
        check_time(fine, AT, policy)
    with pytest.raises(ClockSkewed) as ahead:
        check_time(claim(301), AT, policy)
    with pytest.raises(SignatureExpired) as behind:
        check_time(claim(-601), AT, policy)
    assert ahead.value.detail == behind.value.detail == "2026-12-01T02:00:00+00:00"
    for lasts in (301, 0, -1):
        with pytest.raises(SignatureInvalid):
            check_time(claim(0, lasts), AT, policy)
    assert remembered_until(claim(0), policy) >= AT + timedelta(seconds=600 + 600), "longer than it could be taken"


def test_every_refusal_is_of_one_kind() -> None:
    for error in (SignatureMissing, SignatureInvalid, DigestMismatch, ClockSkewed, SignatureExpired):
        assert issubclass(error, SignatureRefused)
