"""A real Chromium in front of the running app."""

import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from tests.running import running

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
)
MET = "try { localStorage.setItem('guong.met', '1') } catch {}"
"""A visitor who has been here before: nobody is introduced to them."""
READY = "window.guong?.linked && guong.socket?.readyState === 1"


@pytest.fixture(scope="package")
def scripted(tmp_path_factory):
    """The app with a language model and a recogniser that do what a test knows beforehand."""
    with running(tmp_path_factory.mktemp("scripted"), "--scripted") as server:
        yield server


@pytest.fixture(scope="package")
def echoing(tmp_path_factory):
    """The app with a language model that says what it is told, and no recogniser."""
    with running(tmp_path_factory.mktemp("echoing"), "--echo") as server:
        yield server


@pytest.fixture(scope="package")
def playwright():
    with sync_playwright() as started:
        yield started


@contextmanager
def chromium(playwright, *flags):
    # Debian's own where it is installed; else the one that Playwright brought.
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=[*FLAGS, *flags]
    )
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture(scope="package")
def browser(playwright):
    with chromium(playwright) as started:
        yield started


@pytest.fixture
def context(browser):
    """A visitor with a fresh profile."""
    fresh = browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 900})
    fresh.set_default_timeout(20_000)
    yield fresh
    fresh.close()


class Page:
    """A visitor's page, and what they do there."""

    def __init__(self, context, url, *, first_time=False):
        self.page = context.new_page()
        if not first_time:
            self.page.add_init_script(MET)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.url = url

    def open(self, ready=READY):
        self.page.goto(self.url)
        self.page.wait_for_function(ready)
        return self

    def say(self, text):
        self.page.fill("#guong-message textarea", text)
        self.page.press("#guong-message textarea", "Enter")
        return self

    def until(self, state, timeout_s=20):
        self.page.wait_for_function(
            f"guong.state === '{state}'", timeout=timeout_s * 1_000, polling=50
        )
        return self

    def value(self, expression):
        return self.page.evaluate(expression)

    def state(self):
        return self.value("guong.state")

    def lines(self):
        """Return the conversation as it is shown: (who, text)."""
        return self.value(
            "[...document.querySelectorAll('#guong-chat .message')].map(e => "
            "[e.closest('.user-row, .user') ? 'user' : 'bot', e.innerText.trim()])"
        )

    def frames(self):
        """Return (decoded frames, dropped ones) of the talking video."""
        return self.value(
            "(q => [q.totalVideoFrames, q.droppedVideoFrames])"
            "(document.querySelector('.guong-talk').getVideoPlaybackQuality())"
        )


@pytest.fixture
def visit(context):
    """Open a page; afterwards no script of it must have failed."""
    opened = []

    def open_page(server, ready=READY, within=context, *, first_time=False):
        page = Page(within, server.url, first_time=first_time)
        opened.append(page)
        return page.open(ready)

    yield open_page
    for page in opened:
        assert page.errors == []


AUDITED = {("desktop", "vi"): ("light", "dark"), ("phone", "en"): ("light", "dark")}
"""Where axe looks too: it takes a second for each state, and colours differ by theme only."""


@pytest.fixture(scope="package")
def tour(browser, echoing):
    """Walk through every state of the page at a size and in a language, once for all tests."""
    from tests.browser.touring import Tour

    walked = {}

    def walk(size, language):
        if (size, language) not in walked:
            audited = AUDITED.get((size, language), ())
            walked[size, language] = Tour(browser, echoing, size, language, audited)
        return walked[size, language]

    return walk
