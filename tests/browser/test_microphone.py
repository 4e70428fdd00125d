"""The microphone, with Chromium's fake device playing a recording of our own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

from modules.conversation.speaking import say
from modules.messages import SPEECH_RATE, TurnRequest
from modules.residency import Residency
from modules.tts import ENGINES
from tests.browser.conftest import READY, Page, chromium
from tests.server import HEARD

RATE = 48_000


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A second of quiet, a spoken sentence, and quiet again."""

    async def speak():
        residency = Residency({"tts": ENGINES})
        await residency.load("tts", "espeak")
        request = TurnRequest(
            0, "Xin chào bạn, hôm nay trời đẹp quá.", engines={"tts": ("espeak",)}
        )
        return (await say(request, residency)).samples

    with ThreadPoolExecutor(1) as apart:  # Playwright runs a loop in this thread
        samples = apart.submit(lambda: asyncio.run(speak())).result()
    count = round(len(samples) * RATE / SPEECH_RATE)
    at = np.arange(count) * SPEECH_RATE / RATE
    spoken = 2.0 * np.interp(at, np.arange(len(samples)), samples)
    rng = np.random.default_rng(0)
    quiet = rng.normal(0, 1e-4, RATE)
    sound = np.concatenate([quiet, quiet, np.clip(spoken, -0.9, 0.9), *[quiet] * 60])
    path = tmp_path_factory.mktemp("recording") / "speech.wav"
    soundfile.write(path, sound.astype(np.float32), RATE, subtype="PCM_16")
    return path


@contextmanager
def talking(playwright, recording, url, ready=READY, socket=True):
    """A page whose visitor speaks the recording into the microphone."""
    flags = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={recording}%noloop",
    )
    with chromium(playwright, *flags) as browser:
        context = browser.new_context(permissions=["microphone"], locale="vi-VN")
        if not socket:
            context.route_web_socket("**/guong/socket", lambda socket: socket.close())
        page = Page(context, url).open(ready)
        yield page
        assert page.errors == []


@pytest.fixture
def talker(playwright, recording, scripted):
    with talking(playwright, recording, scripted.url) as page:
        yield page


def test_a_spoken_turn_is_heard_and_answered(talker):
    talker.page.click(".guong-microphone")
    talker.until("hearing", timeout_s=30)
    talker.page.wait_for_selector(".guong-captions.shown .said")  # what two results agree on
    assert talker.page.inner_text(".guong-line").split() == HEARD.split()
    talker.until("speaking", timeout_s=30)
    assert talker.lines()[0] == ["user", HEARD]
    assert talker.frames()[0] > 0


def test_the_level_moves_with_the_voice(talker):
    talker.value(
        "() => { window.levels = []; setInterval(() => levels.push(parseFloat("
        "document.querySelector('.guong-stage').style.getPropertyValue('--level') || 0)), 30) }"
    )
    talker.page.click(".guong-microphone")
    talker.until("hearing").until("speaking", timeout_s=30)
    levels = talker.value("levels")
    assert max(levels) > 0.5
    assert min(levels) < 0.2


def test_closing_the_microphone_stops_listening(talker):
    talker.page.click(".guong-microphone")
    talker.until("listening")
    talker.page.click(".guong-microphone")
    talker.until("idle")
    assert talker.value("guong.microphone.open") is False


def test_speech_interrupts_the_avatar(talker):
    talker.say("Kể chuyện đi").until("speaking")
    talker.page.click(".guong-microphone")
    talker.until("hearing", timeout_s=20)
    assert talker.value("document.querySelector('.guong-talk').paused")


def test_a_refused_microphone_is_explained(browser, scripted):
    context = browser.new_context(locale="vi-VN", permissions=[])
    page = Page(context, scripted.url).open(READY)
    page.page.click(".guong-microphone")
    page.page.wait_for_selector(".guong-problem", state="visible")
    assert page.value("guong.seen.errors").pop().startswith("microphone.")
    page.say("Tôi gõ vậy").until("speaking")
    context.close()


def test_push_to_talk_hears_only_what_is_said_while_the_button_is_held(talker):
    talker.page.get_by_role("tab", name="Nghe", exact=True).click()
    talker.page.check("#guong-push-to-talk input")
    talker.page.click(".guong-microphone")
    talker.until("listening")
    talker.page.wait_for_timeout(5_000)  # the recording speaks meanwhile, and nobody holds
    assert talker.lines() == []
    box = talker.page.locator(".guong-hold").bounding_box()
    talker.page.mouse.move(box["x"] + 20, box["y"] + 20)
    talker.page.mouse.down()
    talker.until("hearing")
    talker.page.wait_for_timeout(500)
    talker.page.mouse.move(5, 5)  # a release outside the button counts too
    talker.page.mouse.up()
    talker.until("speaking", timeout_s=30)
    assert talker.lines()[0] == ["user", HEARD]


def test_the_space_bar_holds_too_and_types_where_one_types(talker):
    talker.page.get_by_role("tab", name="Nghe", exact=True).click()
    talker.page.check("#guong-push-to-talk input")
    talker.page.click(".guong-microphone")
    talker.until("listening")
    talker.page.locator(".guong-picture").click()
    talker.page.evaluate("document.activeElement.blur()")
    talker.page.keyboard.down("Space")
    talker.until("hearing")
    talker.page.keyboard.up("Space")
    talker.until("speaking", timeout_s=30)
    talker.page.focus("#guong-message textarea")
    talker.page.keyboard.type("a b")
    assert talker.page.input_value("#guong-message textarea") == "a b"


def test_a_microphone_closed_while_the_space_bar_is_held_can_be_held_again(talker):
    talker.page.get_by_role("tab", name="Nghe", exact=True).click()
    talker.page.check("#guong-push-to-talk input")
    talker.page.click(".guong-microphone")
    talker.until("listening")
    talker.page.evaluate("document.activeElement.blur()")
    talker.page.keyboard.down("Space")
    talker.until("hearing")
    talker.page.click(".guong-microphone")
    talker.until("idle")
    talker.page.keyboard.up("Space")
    talker.page.click(".guong-microphone")
    talker.until("listening")
    talker.page.evaluate("document.activeElement.blur()")
    talker.page.keyboard.down("Space")
    talker.until("hearing")
    talker.page.wait_for_timeout(500)
    talker.page.keyboard.up("Space")
    talker.until("speaking", timeout_s=30)
    assert talker.lines()[0] == ["user", HEARD]


def test_without_a_socket_one_click_records_and_the_next_one_sends(playwright, recording, scripted):
    ready = "window.guong?.session?.token"
    with talking(playwright, recording, scripted.url, ready, socket=False) as page:
        page.page.click(".guong-microphone")
        page.until("hearing")
        page.page.wait_for_timeout(4_000)
        page.page.click(".guong-microphone")
        page.until("speaking", timeout_s=40)
        assert page.lines()[0] == ["user", HEARD]
        assert page.frames()[0] > 0
