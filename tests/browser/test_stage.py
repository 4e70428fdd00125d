"""What the stage shows: states, captions in time with the voice, a face that is never blank."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import READY, Page

CAPTION = "document.querySelector('.guong-captions p').innerText"
SAMPLE = """() => {
  window.sampled = [];
  const video = document.querySelector('.guong-talk');
  const box = document.querySelector('.guong-captions');
  const lines = box.querySelector('p');
  setInterval(() => {
    const lit = box.querySelectorAll('.now');
    if (!box.classList.contains('shown') || !video.classList.contains('shown')) return;
    const [seen, word] = [lines, lit[0] ?? lines].map((each) => each.getBoundingClientRect());
    sampled.push([
      video.currentTime * 1000,
      lit.length,
      lit[0]?.textContent,
      word.top >= seen.top - 1 && word.bottom <= seen.bottom + 1,
      seen.height / parseFloat(getComputedStyle(box).fontSize),
    ]);
  }, 40);
}"""


def told_captions(page):
    """Collect the captions that come over the socket: (text, start_ms, end_ms)."""
    words = []

    def take(data):
        if isinstance(data, str) and json.loads(data)["type"] == "caption":
            words.extend(tuple(word) for word in json.loads(data)["words"])

    page.page.on("websocket", lambda socket: socket.on("framereceived", take))
    return words


def test_captions_light_each_word_while_it_is_said(scripted, context):
    page = Page(context, scripted.url)
    words = told_captions(page)
    page.open()
    page.value(SAMPLE)
    page.say("Chào bạn").until("speaking").until("idle", timeout_s=60)
    sampled = page.value("sampled")
    assert len(words) > 20
    assert len(sampled) > 40
    late = []
    for now, count, lit, inside, ems in sampled:
        assert count == 1
        assert inside
        assert ems < 3.2  # two lines of 1.42 em and no more
        begins = [start for text, start, _ in words if text == lit]
        late.append(min(abs(now - start) for start in begins))
    # A lit word began less than a slow word ago.
    assert sorted(late)[len(late) * 9 // 10] < 700
    assert page.value(CAPTION) == ""
    assert page.errors == []


def test_captions_never_reach_the_mouth_and_are_not_read_aloud(scripted, visit):
    page = visit(scripted).say("Chào bạn").until("speaking")
    page.page.wait_for_function("document.querySelector('.guong-captions.shown')")
    height = page.value(
        "(([p, c]) => (c.y - p.y) / p.height)(['.guong-picture', '.guong-captions p']"
        ".map(s => document.querySelector(s).getBoundingClientRect()))"
    )
    assert height > 0.72  # the chin of a drawn face is higher
    assert page.page.locator(".guong-captions").get_attribute("aria-hidden") == "true"


def test_captions_can_be_turned_off_and_stay_off(scripted, visit):
    page = visit(scripted)
    switch = page.page.get_by_role("button", name="Phụ đề")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    page.page.reload()
    page.page.wait_for_function(READY)
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.say("Chào bạn").until("speaking")
    page.page.wait_for_function("document.querySelector('.guong-talk').currentTime > 1.5")
    assert page.value(CAPTION) == ""
    switch.click()
    page.page.wait_for_function(f"{CAPTION} !== ''")


def test_without_a_socket_captions_come_over_the_queue(scripted, context):
    context.route_web_socket("**/guong/socket", lambda socket: socket.close())
    page = Page(context, scripted.url).open("window.guong?.session")
    page.say("Chào bạn").until("speaking", timeout_s=40)
    page.page.wait_for_function(f"{CAPTION} !== ''")
    assert page.errors == []


def test_before_anything_is_drawn_there_is_a_sketch_and_then_the_still(scripted, context):
    held = []
    context.route("**/guong/idle/**", lambda route: held.append(route))
    context.route("**/guong/poster/**", lambda route: held.append(route))
    page = Page(context, scripted.url).open()
    expect(page.page.locator(".guong-drawing")).to_be_visible()
    next(route for route in held if "poster" in route.request.url).continue_()
    expect(page.page.locator(".guong-poster")).to_be_visible()
    expect(page.page.locator(".guong-drawing")).to_be_hidden()
    for route in held:
        if "idle" in route.request.url:
            route.continue_()
    page.page.locator(".guong-idle.shown").wait_for(timeout=60_000)
    assert page.errors == []


def test_each_state_has_a_loop_and_none_is_shown_before_its_first_picture(scripted, visit):
    page = visit(scripted)
    page.page.locator(".guong-idle.shown").wait_for(timeout=60_000)
    page.value(
        """() => {
          window.blank = 0;
          const loops = [...document.querySelectorAll('.guong-idle')];
          setInterval(() => {
            const shown = loops.filter(v => v.classList.contains('shown'));
            if (shown.length !== 1 || shown[0].readyState < 2) window.blank += 1;
          }, 5);
        }"""
    )
    for state in ("listening", "thinking", "idle"):
        page.value(f"guong.faces.turn('{state}')")
        page.page.wait_for_function(
            f"document.querySelector('.guong-idle.shown').src.endsWith('state={state}')",
            timeout=60_000,
        )
    assert page.value("window.blank") == 0


def test_who_wants_less_motion_sees_a_face_that_stands_still(scripted, browser, visit):
    context = browser.new_context(locale="vi-VN", reduced_motion="reduce")
    page = visit(scripted, within=context)
    page.page.locator(".guong-idle.shown").wait_for(timeout=60_000)
    assert page.value("[...document.querySelectorAll('.guong-idle')].every(v => v.paused)")
    assert page.value("document.querySelector('.guong-idle.shown').currentTime") == 0
    assert page.value(
        "getComputedStyle(document.querySelector('.guong-idle')).transitionDuration"
    ) in (
        "0s",
        "1e-05s",
    )
    page.say("Chào").until("speaking")  # what is said still moves: it is the answer
    context.close()


def test_a_lost_session_says_why_and_offers_to_begin_anew(scripted, context):
    page = Page(context, scripted.url).open()
    page.value("guong.socket.dispatchEvent(new CloseEvent('close', {code: 4409}))")
    button = page.page.get_by_role("button", name="Tải lại trang")
    expect(button).to_be_visible()
    button.click()
    page.page.wait_for_function(READY)
    assert page.state() == "idle"


def test_a_line_that_does_not_come_back_is_told_and_forgotten_when_it_does(
    scripted, visit, context
):
    page = visit(scripted)
    page.value("window.WebSocket = function () { return { close() {} } }")
    page.value("WebSocket.OPEN = 1; guong.socket.close()")
    expect(page.page.get_by_text("Đang nối lại…")).to_be_visible()
    page.page.reload()
    page.page.wait_for_function(READY)
    expect(page.page.get_by_text("Đang nối lại…")).to_be_hidden()


def test_down_in_the_settings_the_face_is_kept_in_sight_while_it_speaks(embedded, visit):
    page = visit(embedded)
    page.page.get_by_role("button", name="Tùy chỉnh").click()
    page.page.get_by_role("tab", name="Giọng nói").click()
    page.page.locator("#guong-match, #guong-listen").first.scroll_into_view_if_needed()
    page.page.mouse.wheel(0, 2_000)
    page.page.wait_for_function("document.querySelector('.guong-stage.away')")
    page.value("document.querySelector('#guong-listen').click()")
    page.until("speaking")
    box = page.page.locator(".guong-picture").bounding_box()
    size = page.page.viewport_size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= size["height"]
    assert page.page.locator(".guong-ai").is_visible()
