"""The page's pure parts, one by one, in the browser that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.fake_captures import FakeCaptures
from tests.browser.real_browser import chromium
from tests.channels.service import Deployment

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(fake_site: tuple[str, FakeCaptures, Deployment], playwright: Playwright) -> Iterator[Callable[[str, str], Any]]:
    """run(file, expression): the expression's value, with the file's exports as `m`."""
    with chromium(playwright) as browser:
        page: Page = browser.new_page()
        page.goto(f"http://{fake_site[0]}/verify")
        page.wait_for_selector("#s-welcome:visible")

        def value(file: str, expression: str) -> Any:
            place = f"document.querySelector('script[type=module]').src.replace('main.js', '{file}')"
            return page.evaluate(f"async () => {{ const m = await import({place}); return ({expression}); }}")

        yield value


def test_a_session_never_sends_more_than_sixty_frames(run: Callable[[str, str], Any]) -> None:
    for motions, flashes in ((2, 8), (3, 8), (3, 0), (4, 0)):
        count = 1 + motions + (flashes > 0)
        for thrift in ("false", "true"):
            found = run("selection.js", f"m.quotas({{count: {count}, flashes: {flashes}, flash_ms: 400}}, {thrift})")
            assert found["neutral"] + motions * found["motion"] + found["flash"] <= 60
            assert found["motion"] >= 8
            assert found["flash"] == (21 if flashes else 0)


def test_frames_are_thinned_evenly_and_keep_both_ends(run: Callable[[str, str], Any]) -> None:
    assert run("selection.js", "m.thin([1,2,3,4,5,6,7,8,9], 5)") == [1, 3, 5, 7, 9]
    assert run("selection.js", "m.thin([1,2,3], 5)") == [1, 2, 3]


def test_the_frames_around_a_movement_are_chosen_and_without_one_the_last(run: Callable[[str, str], Any]) -> None:
    frames = "Array.from({length: 60}, (_, n) => ({at: n * 166}))"
    ats = run("selection.js", f"m.around({frames}, {{away: true, awayAt: 3000, backAt: 4500}}, 18).map((f) => f.at)")
    assert ats[0] >= 2300
    assert ats[-1] <= 4850
    assert len(ats) <= 18
    last = run("selection.js", f"m.around({frames}, {{away: false}}, 18).map((f) => f.at)")
    assert last == [n * 166 for n in range(42, 60)]


def test_a_movement_is_seen_going_and_coming_back_and_stillness_is_not(run: Callable[[str, str], Any]) -> None:
    script = (
        "(() => { const w = new m.Movement(1); const mask = new Uint8Array(64).fill(1);"
        " const face = (shift) => Float32Array.from({length: 64}, (_, i) => 120 + 40 * Math.sin(i / 3 + shift));"
        " %s.forEach((shift, n) => w.feed(face(shift), mask, n * 100)); return [w.awayAt, w.backAt]; })()"
    )
    assert run("movement.js", script % "[0, 0, 0, 1, 1.5, 1.5, 1, 0.1, 0, 0]") == [300, 800], (
        "from the first look that shows it"
    )
    assert run("movement.js", script % "[0, 0.02, 0.05, 0.03, 0, 0.04, 0, 0, 0]") == [None, None]


def test_a_light_that_changes_is_no_movement(run: Callable[[str, str], Any]) -> None:
    assert run("looks.js", "m.gap(new Float32Array([10, 50, 90]), new Float32Array([40, 80, 120]), [1, 1, 1])") == 0


LOOK = "{spread: 40, face: 120, faces: 1, skin: 0.5, oval: {x: 32, y: 24, rx: 15, ry: 20},"
FACE = " box: {left: 20, right: 43, top: 8, bottom: 40}}"


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ("", "fine"),
        ("spread: 3", "covered"),
        ("face: 20", "dark"),
        ("face: 240", "bright"),
        ("faces: 0, box: null", "no_face"),
        ("skin: 0.05", "no_face"),
        ("faces: 2", "several"),
        ("box: {left: 28, right: 36, top: 18, bottom: 30}", "too_far"),
        ("box: {left: 4, right: 60, top: 0, bottom: 47}", "too_close"),
        ("box: {left: 34, right: 56, top: 8, bottom: 40}", "off_centre"),
    ],
)
def test_one_hint_at_a_time_the_most_helpful_first(run: Callable[[str, str], Any], changed: str, hint: str) -> None:
    look = f"{{...{LOOK}{FACE}, {changed}}}"
    assert run("hints.js", f"m.hintOf({look})") == hint


def test_a_person_who_moves_is_asked_to_hold_still_and_words_do_not_flicker(run: Callable[[str, str], Any]) -> None:
    assert run("hints.js", f"m.hintOf({LOOK}{FACE}, 20)") == "hold_still"
    feed = "(() => { const s = new m.Steady(3); return ['a','a','a','b','a','b','b','b'].map((h) => s.feed(h)); })()"
    assert run("hints.js", feed) == ["", "", "a", "a", "a", "a", "a", "b"]


def test_skin_is_found_by_the_faces_own_colour_before_a_wall_of_another(run: Callable[[str, str], Any]) -> None:
    picture = (
        "(() => { const d = new Uint8ClampedArray(64 * 48 * 4);"
        " for (let y = 0; y < 48; y += 1) for (let x = 0; x < 64; x += 1) {"
        "  const near = ([cx, cy, r]) => ((x - cx) / r) ** 2 + ((y - cy) / (1.3 * r)) ** 2 <= 1;"
        "  const in_ = %s.some(near);"
        "  d.set(in_ ? [%s, 255] : [%s, 255], 4 * (y * 64 + x)); }"
        " const l = m.lookAt(d, 64, 48, {x: 32, y: 24, rx: 15, ry: 20});"
        " return [l.faces, l.box ? l.box.right - l.box.left : 0]; })()"
    )
    wood, grey = "200, 170, 110", "150, 160, 170"
    for skin in ("224, 172, 145", "150, 100, 80", "92, 58, 45"):
        faces, width = run("looks.js", picture % ("[[32, 24, 13]]", skin, wood))
        assert faces == 1, skin
        assert 22 <= width <= 26, skin
    assert run("looks.js", picture % ("[[18, 24, 10], [46, 24, 10]]", "224, 172, 145", grey))[0] == 2
    assert run("looks.js", picture % ("[]", "0, 0, 0", grey))[0] == 0


def test_a_face_detector_of_the_browser_is_believed_before_skin(run: Callable[[str, str], Any]) -> None:
    boxes = "[{x: 100, y: 50, width: 50, height: 60}, {x: 200, y: 100, width: 200, height: 260}]"
    look = run("faces.js", f"m.withBoxes({LOOK} box: null}}, {boxes}, 10)")
    assert (look["faces"], look["box"]["left"], look["box"]["right"]) == (1, 20, 40)
    assert run("faces.js", f"m.withBoxes({LOOK} box: null}}, [], 10).faces") == 0
    missing = (
        "await (async () => { window.FaceDetector = class { detect() { throw new Error('no such service'); } };"
        " const f = new m.Faces(); await f.look(null); delete window.FaceDetector; return [f.detector, f.boxes]; })()"
    )
    assert run("faces.js", missing) == [None, None]


def test_waits_grow_and_the_servers_wish_comes_first(run: Callable[[str, str], Any]) -> None:
    assert run("retry.js", "[1, 2, 3, 4, 9].map((n) => m.waitBefore(n))") == [500, 1000, 2000, 3000, 3000]
    assert run("retry.js", "m.waitBefore(1, 7)") == 7000


def test_the_same_call_is_sent_until_it_arrives_and_a_refusal_at_once_ends_it(run: Callable[[str, str], Any]) -> None:
    lost = (
        "await (async () => { const a = await import(document.querySelector('script[type=module]').src"
        ".replace('main.js', 'calls.js')); let n = 0; const told = [];"
        " const answer = await m.persist(async () => { n += 1; if (n < 3) throw new a.Lost(); return n; },"
        " {told: (link) => told.push(link)}); return [answer, told]; })()"
    )
    assert run("retry.js", lost) == [3, ["lost", "lost", "back"]]
    refused = (
        "await (async () => { const a = await import(document.querySelector('script[type=module]').src"
        ".replace('main.js', 'calls.js')); let n = 0;"
        " try { await m.persist(async () => { n += 1; throw new a.Problem(422, {code: 'x'}); }); }"
        " catch (e) { return [n, e.code]; } })()"
    )
    assert run("retry.js", refused) == [1, "x"]


def test_numbers_are_taken_as_phones_write_them(run: Callable[[str, str], Any]) -> None:
    assert run("forms.js", "m.tidyNumber(' １３０２ 0219480512122ｘ ')") == "1302" + "0219480512122X"


def test_a_ticket_a_reload_and_nonsense_in_the_address_are_told_apart(run: Callable[[str, str], Any]) -> None:
    assert run("visit.js", "m.readFragment('#t=abc.def')") == {"ticket": ["abc", "def"]}
    assert run("visit.js", "m.readFragment('#s=abc&b')") == {"id": "abc", "begun": True, "slow": False}
    assert run("visit.js", "m.readFragment('#s=abc&w')") == {"id": "abc", "begun": False, "slow": True}
    assert run("visit.js", "[m.readFragment(''), m.readFragment('#t=abc'), m.readFragment('#%%%')]") == [{}, {}, {}]


@pytest.mark.parametrize("set_by", [0, -3_600_000, 86_400_000])
def test_after_a_reload_the_servers_clock_says_how_long_it_was_whatever_the_phones_says(
    run: Callable[[str, str], Any], set_by: int
) -> None:
    script = """await (async () => {
      const [asked, origin, here] = [window.fetch, performance.timeOrigin, location.hash];
      const answer = { challenge: {}, running_ms: 40000 };
      window.fetch = async () => new Response(JSON.stringify(answer), { status: 200 });
      try {
        Object.assign(m.visit, { id: "abc", begun: false, origin: null });
        await m.start(null);
        Object.assign(m.visit, m.readFragment(location.hash), { origin: null }); // as after a reload
        Object.defineProperty(performance, "timeOrigin", { value: origin + SET_BY, configurable: true });
        const before = m.elapsed();
        await m.start(null);
        return [m.visit.begun, before, m.elapsed()];
      } finally {
        delete performance.timeOrigin;
        m.forget();
        Object.assign(window, { fetch: asked });
        history.replaceState(null, "", location.pathname + here);
      }
    })()""".replace("SET_BY", str(set_by))
    begun, before, after = run("visit.js", script)
    assert (begun, before) == (True, 0)
    assert 40_000 <= after < 42_000


def test_an_outcome_that_the_page_does_not_know_is_never_a_pass(run: Callable[[str, str], Any]) -> None:
    shown = run("results.js", "(m.showResult({outcome: 'splendid'}), document.getElementById('s-otherway').hidden)")
    assert shown is False


def test_whoever_was_asked_to_hold_still_is_not_told_to_move_more(run: Callable[[str, str], Any]) -> None:
    """The service sees no movement in the first step, and should not."""
    hints = "(() => {{ const box = new m.Outbox('x', null); box.arrived({}, {}); return box.hints; }})()"
    unseen = "{movement_seen: false, hints: []}"
    assert run("outbox.js", hints.format(0, unseen)) == []
    assert run("outbox.js", hints.format(1, unseen)) == ["bigger"]
    dark = "{movement_seen: false, hints: [{code: 'too_dark'}]}"
    assert run("outbox.js", hints.format(0, dark)) == [{"code": "too_dark"}]
    assert run("outbox.js", hints.format(1, dark)) == [{"code": "too_dark"}], "in the dark nobody sees a movement"


def test_a_slow_camera_gives_each_picture_once_and_one_that_stalls_is_shown_as_it_is(
    run: Callable[[str, str], Any],
) -> None:
    """Instants at which a picture is kept; the camera gives a new one at 0, 100 and 300 ms and then no more."""
    script = """(() => {
      const video = document.createElement("canvas");
      [video.videoWidth, video.videoHeight, video.width, video.height] = [64, 48, 64, 48];
      const pen = video.getContext("2d"), recorder = new m.Recorder(video, document.body, () => 0, () => {});
      for (const at of [0, 50, 100, 166, 300, 500, 799, 800, 900]) {
        pen.fillStyle = `rgb(${at < 100 ? 10 : at < 300 ? 20 : 30}, 0, 0)`;
        pen.fillRect(0, 0, 64, 48);
        recorder.keep(at);
      }
      return recorder.frames.map((frame) => frame.at);
    })()"""
    assert run("recorder.js", script) == [0, 100, 300, 800]


def test_the_frames_of_another_try_have_that_trys_times(run: Callable[[str, str], Any]) -> None:
    """The first try took a minute; the second begins at nought, and its frames are not a millisecond apart."""
    script = """(() => {
      const video = document.createElement("canvas");
      [video.videoWidth, video.videoHeight, video.width, video.height] = [64, 48, 64, 48];
      const times = [], clock = { now: 0 };
      const recorder = new m.Recorder(video, document.body, () => clock.now, (_look, _change, at) => times.push(at));
      for (const now of [60000, 60166]) Object.assign(clock, { now }) && recorder.take();
      recorder.renew();
      for (const now of [0, 166, 333]) Object.assign(clock, { now }) && recorder.take();
      return times;
    })()"""
    assert run("recorder.js", script) == [60000, 60166, 0, 166, 333]


def test_what_is_sealed_and_not_in_the_outbox_is_lost_and_what_failed_is_sent_once_more(
    run: Callable[[str, str], Any],
) -> None:
    """Steps 0 and 1 are sealed; a failed step goes once the person tries again."""
    script = """await (async () => {
      const box = new m.Outbox("x", null), answers = [new Error("no"), {}];
      box.deliver = async () => { const next = answers.shift(); if (next instanceof Error) throw next; return next; };
      box.put(0, []);
      await box.flush().catch(() => {});
      const before = [box.failed !== null, box.missing([0, 1]), box.missing([0]) === undefined];
      box.again();
      await box.flush();
      return [...before, box.failed === null, [...box.done], box.missing([0, 1])];
    })()"""
    assert run("outbox.js", script) == [True, 1, True, True, [0], 1]
