"""The first meeting: somebody chooses whom to talk with, how to be called, and hears them greet."""

import pytest

from tests.browser.conftest import READY

DIALOG = "dialog.guong-welcome"
LOOP = "document.querySelector('.guong-idle.shown')?.src.includes('{}')"
PAIR = "[...document.querySelectorAll('.guong-preview')].some(e => e.innerText.includes('{}'))"


@pytest.fixture
def newcomer(embedded, visit):
    page = visit(embedded, first_time=True)
    page.page.locator(DIALOG).wait_for(state="visible")
    return page


def choose(page, name):
    page.page.locator(".guong-card", has_text=name).click()


def shows(page, who):
    """Wait until the picture is of `who`: it changes beside the greeting, not before it."""
    page.page.wait_for_function(
        f"document.querySelector('.guong-poster').src.endsWith('/poster/{who}')"
    )


def test_a_newcomer_hears_the_chosen_persona_in_the_chosen_pair(newcomer):
    choose(newcomer, "Khoa")
    newcomer.page.get_by_text("Khoa xưng “anh”").click()
    newcomer.page.get_by_role("button", name="Nghe Khoa chào").click()
    newcomer.until("speaking").until("idle", timeout_s=60)
    assert newcomer.page.locator(DIALOG).is_hidden()
    ((who, greeting),) = newcomer.lines()
    assert who == "bot"
    assert greeting.startswith("Chào em, anh Khoa đây.")
    shows(newcomer, "khoa")
    newcomer.page.wait_for_function(LOOP.format("/khoa"), timeout=60_000)  # it is drawn meanwhile
    newcomer.page.wait_for_function(PAIR.format("anh / em"))


def test_an_elder_left_to_find_out_begins_as_an_elder_and_follows_the_visitor(newcomer):
    choose(newcomer, "Bà Sáu")
    newcomer.page.get_by_role("button", name="Nghe Bà Sáu chào").click()
    newcomer.until("speaking").until("idle", timeout_s=60)
    assert newcomer.lines()[0][1].startswith("Chào con, bà Sáu đây.")
    newcomer.say("Cháu chào bà ạ, cháu mới đi học về.").until("speaking")
    newcomer.until("idle", timeout_s=60)
    newcomer.page.wait_for_function(PAIR.format("bà / cháu"))


def test_the_keyboard_alone_is_enough(newcomer):
    keyboard = newcomer.page.keyboard
    focused = "document.activeElement.value || document.activeElement.className"
    assert newcomer.value(focused) == "linh"
    keyboard.press("ArrowRight")
    chosen = newcomer.value("document.querySelector('[name=guong-who]:checked').value")
    assert chosen != "linh"
    keyboard.press("Tab")
    assert newcomer.value(focused) == "auto"
    keyboard.press("ArrowRight")
    assert newcomer.value("document.querySelector('[name=guong-pair]:checked').value") != "auto"
    keyboard.press("Tab")
    assert "guong-meet" in newcomer.value(focused)
    keyboard.press("Enter")
    newcomer.until("speaking")
    shows(newcomer, chosen)


@pytest.mark.parametrize("how", ["button", "escape"])
def test_it_can_be_skipped_does_not_come_again_and_can_be_opened_again(newcomer, how):
    if how == "button":
        newcomer.page.get_by_role("button", name="Bỏ qua").click()
    else:
        newcomer.page.keyboard.press("Escape")
    newcomer.page.locator(DIALOG).wait_for(state="hidden")
    newcomer.page.reload()
    newcomer.page.wait_for_function(READY)
    assert newcomer.page.locator(DIALOG).is_hidden()
    newcomer.page.get_by_role("button", name="Đổi nhân vật").click()
    newcomer.page.locator(DIALOG).wait_for(state="visible")


def test_what_lies_under_the_dialog_cannot_be_reached(newcomer):
    seen = set()
    for _ in range(30):
        newcomer.page.keyboard.press("Tab")
        seen.add(newcomer.value(f"!!document.activeElement.closest?.('{DIALOG}, body')"
                                f" && (document.activeElement === document.body"
                                f" || !!document.activeElement.closest('{DIALOG}'))"))  # fmt: skip
    assert seen == {True}
