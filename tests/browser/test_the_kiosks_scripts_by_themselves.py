"""The pure parts of the kiosk's page, one by one, in the browser that runs them; signatures against our own signer."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from auth_service.accounts.devices import LENS_DEGREES, LensProfile, face_share
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.offline import canonical, signed_bytes
from tests.browser.fake_captures import FakeCaptures
from tests.browser.kiosk_site import kiosk_site
from tests.browser.real_browser import chromium
from tests.channels.service import EILEEN, GRACE, NOBODY, Deployment
from tests.conftest import ROOT
from tests.signing import Call, base_of, covered_of, digest_of, parameters_of

pytestmark = pytest.mark.browser
Run = Callable[..., Any]
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
"""Before the seed of an Ed25519 key. source: RFC 8410 section 7"""


@pytest.fixture(scope="module")
def run(fake_site: tuple[str, FakeCaptures, Deployment], playwright: Playwright) -> Iterator[Run]:
    """run(file, expression, given): the expression's value, with the file's exports as `m` and `given` as `g`."""
    with kiosk_site(fake_site[2]) as site, chromium(playwright) as browser:
        page: Page = browser.new_page()
        page.goto(f"http://{site.address}/kiosk")
        page.wait_for_selector("#s-enrol:visible")

        def value(file: str, expression: str, given: Any = None) -> Any:
            place = f"document.querySelector('script[type=module]').src.replace('main.js', '{file}')"
            return page.evaluate(f"async (g) => {{ const m = await import({place}); return ({expression}); }}", given)

        yield value


@pytest.mark.parametrize("query", ["", "lang=zh&x=1"])
@pytest.mark.parametrize("body", [b"", b'{"count":50}'])
def test_what_is_signed_is_what_the_service_rebuilds(run: Run, query: str, body: bytes) -> None:
    headers = {"capture-token": "t0ken", "idempotency-key": "k"}
    if body:
        headers |= {"content-type": "application/json", "content-digest": digest_of(body)}
    call = Call("POST", "rz.example.gov.cn", "/v1/kiosk/offline-tickets", query, headers, body)
    at = datetime(2026, 3, 10, 2, tzinfo=UTC)
    parameters = parameters_of("d" * 32, at, expires=int(at.timestamp()) + 120)
    given = {"url": f"https://rz.example.gov.cn/v1/kiosk/offline-tickets{'?' + query if query else ''}",
             "headers": headers, "params": parameters}  # fmt: skip
    ours = run("sign.js", "m.signatureBase('POST', new URL(g.url), g.headers, g.params).base", given)
    assert ours.encode() == base_of(call, covered_of(call), parameters)


VECTOR = """await (async () => {
  const url = new URL("https://pay.example.gov.cn" + g.path);
  const { base } = m.signatureBase(g.method, url, g.headers, g.params);
  const key = await crypto.subtle.importKey("pkcs8", Uint8Array.from(g.key), "Ed25519", false, ["sign"]);
  const made = await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(base));
  return [base, btoa(String.fromCharCode(...new Uint8Array(made)))];
})()"""


def test_the_vectors_of_the_document_come_out_of_the_page_too(run: Run) -> None:
    text = (ROOT / "docs" / "integration" / "kiosk.md").read_text(encoding="utf-8")
    seed = base64.urlsafe_b64decode(re.findall(r"Private \(seed\), base64url: `([^`]+)`", text)[0] + "=")
    bases = re.findall(r"Signature base:\n```\n(.*?)\n```", text, re.DOTALL)
    signatures = re.findall(r"^signature: sig1=:([^:]+):", text, re.MULTILINE)
    assert len(bases) == len(signatures) >= 2
    for wanted, signature in zip(bases, signatures, strict=True):
        told = dict(re.findall(r'^"([^"]+)": (.*)$', wanted, re.MULTILINE))
        said = dict(re.findall(r';(\w+)="?([^";]+)"?', told.pop("@signature-params")))
        headers = {name: value for name, value in told.items() if not name.startswith("@")}
        given = {"method": told["@method"], "path": told["@path"], "headers": headers, "params": said,
                 "key": list(PKCS8 + seed)}  # fmt: skip
        assert run("sign.js", VECTOR, given) == [wanted, signature]


def test_a_bodys_digest_is_that_of_rfc_9530(run: Run) -> None:
    text = '{"hello": "world"}\n'
    assert run("sign.js", "m.digestOf(new TextEncoder().encode(g))", text) == digest_of(text.encode())


def test_a_record_has_the_one_form_of_rfc_8785(run: Run) -> None:
    record = {
        "version": 1, "name": "王秀英 \u2028\"\\\n\u0001€", "counter": 9007199254740991,
        "steps": [{"n": 0, "frames": [{"at_ms": 0, "bytes": 12, "sha256": "ab"}]}], "consent": {"at": "x", "a": "y"},
    }  # fmt: skip
    assert run("record.js", "m.canonical(g)", record).encode() == canonical(record)
    assert run("record.js", "m.canonical({b: undefined, a: 1})") == '{"a":1}'
    with pytest.raises(Exception, match="no whole number"):
        run("record.js", "m.canonical({a: 1.5})")


def test_what_is_signed_of_a_record_has_a_name_of_its_own_before_it(run: Run) -> None:
    signed = run("record.js", "[...m.signedBytes(new TextEncoder().encode('{}'))]")
    assert bytes(signed) == signed_bytes(b"{}")


MADE = """await (async () => {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const made = await m.made({ ticket: "t" }, { counter: 2, previous: m.FIRST }, { id: "d", key: pair.privateKey });
  const fits = await crypto.subtle.verify("Ed25519", pair.publicKey,
    Uint8Array.from(atob(made.signature.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)),
    m.signedBytes(made.bytes));
  return { text: new TextDecoder().decode(made.bytes), digest: made.digest, fits };
})()"""


def test_a_record_names_the_one_before_it_and_is_signed_when_made(run: Run) -> None:
    made = run("record.js", MADE)
    told = json.loads(made["text"])
    assert (told["counter"], told["previous"], told["device_id"], told["kind"]) == (2, "0" * 64, "d", "capture")
    assert made["digest"] == hashlib.sha256(made["text"].encode()).hexdigest()
    assert made["fits"]


SEALED = """await (async () => {
  const box = await m.newBox();
  const parts = [new Blob(["one"]), new Blob([new Uint8Array([0, 255, 7])])];
  const sealed = await m.seal(box, await m.packed({ name: "张秀兰" }, parts), "device 7");
  const open = m.unpacked(await m.unseal(box, sealed, "device 7"));
  const other = await m.unseal(box, sealed, "device 8").then(() => "opened", () => "refused");
  const out = await crypto.subtle.exportKey("raw", box).then(() => "taken out", () => "refused");
  const text = new TextDecoder("latin1").decode(sealed.data);
  return [open.head.name, open.parts.map((one) => [...one]), text.includes("one"), other, out];
})()"""


def test_what_waits_is_sealed_for_its_place_with_a_key_that_cannot_be_taken_out(run: Run) -> None:
    assert run("seal.js", SEALED) == ["张秀兰", [[111, 110, 101], [0, 255, 7]], False, "refused", "refused"]


def test_numbers_are_checked_before_somebody_leaves_without_a_line(run: Run) -> None:
    for number in (EILEEN, GRACE, NOBODY):
        assert parse_id_number(number, datetime(2026, 3, 10, tzinfo=UTC).date())
        assert run("pad.js", "m.fits(g)", number)
        wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
        assert not run("pad.js", "m.fits(g)", wrong)
    assert not run("pad.js", "m.fits(g)", EILEEN[:-1])
    assert run("pad.js", "m.masked(g)", EILEEN) == f"1302•• •••••••• {EILEEN[-4:]}"
    assert run("pad.js", "m.grouped(g)", EILEEN[:8]) == f"{EILEEN[:6]} {EILEEN[6:8]}"


@pytest.mark.parametrize("lens", LensProfile)
def test_the_oval_is_as_large_as_a_face_between_40_and_80_cm(run: Run, lens: LensProfile) -> None:
    """For a picture of 1280x720 on a stage of three by four."""
    assert run("optics.js", "m.share(m.lensOf(g), 40)", lens) == pytest.approx(face_share(lens, 40))
    given = {"lens": lens, "aspect": 0.75}
    found = run("optics.js", "m.fitted(m.lensOf(g.lens), { width: 1280, height: 720 }, g.aspect)", given)
    shown = 720 * 0.75 / found["zoom"]  # pixels across the stage
    middle = face_share(lens, (40 * 80) ** 0.5) * 1280
    assert found["oval"] * shown == pytest.approx(middle, rel=0.01)
    assert found["oval"] >= 0.42
    assert found["zoom"] >= 1
    assert face_share(lens, 80) * 1280 > found["small"] * middle, "at 80 cm nobody is called nearer"
    assert face_share(lens, 40) * 1280 < found["wide"] * middle, "at 40 cm nobody is sent back"
    assert face_share(lens, 25) * 1280 > found["wide"] * middle
    assert face_share(lens, 130) * 1280 < found["small"] * middle
    assert set(LENS_DEGREES) == set(LensProfile)


def test_a_lens_that_nobody_knows_is_taken_for_a_wide_one(run: Run) -> None:
    assert run("optics.js", "m.lensOf('fisheye').degrees") == LENS_DEGREES[LensProfile.WIDE]


def test_base64url_has_no_padding(run: Run) -> None:
    assert run("sign.js", "m.base64url(new Uint8Array([251, 255, 254]))") == "-__-"
    assert base64.urlsafe_b64encode(bytes([251, 255, 254])) == b"-__-"


LATE = """await (async () => {
  const place = document.querySelector('script[type=module]').src;
  const { device } = await import(place.replace('main.js', 'device.js'));
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const [own, send] = [{ ...device }, window.fetch];
  let answered = null;
  const asked = new Promise((told) => {
    window.fetch = () => { told(); return new Promise((answer) => { answered = answer; }); };
  });
  Object.assign(device, { id: "d".repeat(32), key: pair.privateKey });
  m.visit.plan = { id_number: "of the first", slow: false };
  const opening = m.open().then(() => "taken", (error) => error.constructor.name);
  await asked;
  m.forget();
  m.visit.plan = { id_number: "of the second", slow: false };
  const head = { status: g.status, headers: { "content-type": "application/json" } };
  answered(new Response(JSON.stringify(g.body), head));
  const said = await opening;
  const held = m.visit.id;
  m.forget();
  Object.assign(device, own);
  window.fetch = send;
  return [said, held];
})()"""


@pytest.mark.parametrize("status", [201, 503])
def test_what_comes_back_for_somebody_who_has_left_is_not_the_next_persons(run: Run, status: int) -> None:
    given = {"status": status, "body": {"id": "a" * 32, "token": "t", "code": "unavailable"}}
    assert run("visit.js", LATE, given) == ["Stopped", ""]
