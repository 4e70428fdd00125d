"""Everybody can use it: no serious finding of axe in any state, and the keyboard alone suffices."""

import pytest

from modules.text.catalogue import tell
from tests.browser.touring import audit

FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  let visible = false;
  for (let each = element, up = 0; each && up < 4; each = each.parentElement, up++) {
    const style = getComputedStyle(each);
    if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1.5) visible = true;
  }
  const ring = getComputedStyle(element).boxShadow;
  const box = (element.closest('label') ?? element).getBoundingClientRect();
  element.dataset.mark ??= String(document.querySelectorAll('[data-mark]').length);
  return {
    mark: element.dataset.mark,
    name: element.id || element.closest('[id]')?.id || '',
    is: [...element.classList].find((each) => each.startsWith('guong-')) ?? element.tagName,
    role: element.getAttribute('role') ?? '',
    visible: visible || ring !== 'none',
    shown: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


@pytest.mark.parametrize(
    ("size", "language", "theme"),
    [("desktop", "vi", "light"), ("desktop", "vi", "dark"), ("phone", "en", "light"),
     ("phone", "en", "dark")],
)  # fmt: skip
def test_axe_finds_nothing_serious_in_any_state(tour, size, language, theme):
    walked = tour(size, language)
    found = [f"{state}: {line}" for (state, seen), lines in walked.access.items()
             for line in lines if seen == theme]  # fmt: skip
    assert found == []


def test_axe_would_find_something(browser):
    page = browser.new_page()
    page.set_content("<html lang='vi'><title>x</title><button></button><img src=''>")
    assert {line.split()[0] for line in audit(page)} >= {"button-name", "image-alt"}
    page.close()


@pytest.fixture
def typist(scripted, visit):
    return visit(scripted).page


def walk(page, most=120):
    """Press Tab until the focus has come round; return what it was on."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUS)
        if focused is None:  # the end of the page: it goes on at its beginning
            continue
        if found and focused["mark"] == found[0]["mark"]:
            return found
        found.append(focused)
    raise AssertionError("Tab never comes round")


def focus(page, selector):
    """Bring the focus to an element with the Tab key alone."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_tab_reaches_everything_of_a_conversation_and_shows_where_it_is(typist):
    found = walk(typist)
    reached = {each["name"] for each in found} | {each["is"] for each in found}
    assert {
        "guong-language", "guong-settings", "guong-people", "guong-microphone", "guong-stop",
        "guong-caption-switch", "guong-volume", "guong-message", "guong-send",
    } <= reached  # fmt: skip
    assert "tab" in {each["role"] for each in found}
    assert [each for each in found if not each["visible"]] == []
    assert [each for each in found if not each["shown"]] == []


def test_a_whole_conversation_by_keyboard(typist):
    page = typist
    focus(page, "#guong-message textarea")
    page.keyboard.type("Chào bạn")
    page.keyboard.press("Enter")
    page.wait_for_function("guong.state === 'speaking'", polling=50)
    focus(page, ".guong-stop")
    page.keyboard.press("Enter")
    page.wait_for_function("guong.state === 'idle'")
    page.locator(".guong-rating").wait_for()
    focus(page, ".guong-rate[data-verdict=bad]")
    page.keyboard.press("Space")
    page.locator("#guong-why").wait_for()
    focus(page, "#guong-why input[type=checkbox]")
    page.keyboard.press("Space")
    focus(page, "#guong-why textarea, #guong-why input[type=text]")
    page.keyboard.type("Phải là cô.")
    focus(page, "#guong-why button")
    page.keyboard.press("Enter")
    page.locator("#guong-why").wait_for(state="hidden")
    assert page.locator(".guong-rate[data-verdict=bad][aria-pressed=true]").count() == 1


def test_the_menu_to_save_opens_and_closes_by_keyboard_and_gives_the_focus_back(typist):
    page = typist
    page.fill("#guong-message textarea", "Chào bạn")
    page.press("#guong-message textarea", "Enter")
    page.wait_for_function("guong.state === 'speaking'", polling=50)
    page.click(".guong-stop")
    focus(page, "#guong-save")
    page.keyboard.press("Enter")
    page.locator("#guong-saving.open").wait_for()
    assert page.get_attribute("#guong-save", "aria-expanded") == "true"
    assert page.evaluate("document.activeElement.matches('#guong-saving input')")
    page.keyboard.press("Escape")
    page.locator("#guong-saving.open").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.id") == "guong-save"
    assert page.get_attribute("#guong-save", "aria-expanded") == "false"
    focus(page, "#guong-save")
    page.keyboard.press("Enter")
    name = tell("vi", "saving.json")
    with page.expect_download() as download:
        page.get_by_role("button", name=name).press("Enter")
    assert download.value.suggested_filename == "guong.json"


def test_motion_is_reduced_where_the_visitor_asks_for_it(scripted, browser, visit):
    context = browser.new_context(reduced_motion="reduce", locale="vi-VN")
    page = visit(scripted, within=context).page
    moving = page.evaluate(
        "() => document.getAnimations().filter((each) => each.playState === 'running').length"
    )
    assert moving == 0
    context.close()
