"""The dictionary panel: words are kept, explained, tried, and what is wrong is said in words."""

import pytest

from modules.text.catalogue import tell


class Panel:
    def __init__(self, page):
        self.page = page
        self.open()

    def open(self):
        tab = self.page.get_by_role("tab", name=tell("vi", "tab.dictionary"), exact=True)
        tab.click()
        self.page.locator("#guong-words-save").wait_for()

    def write(self, kind, text):
        self.page.fill(f"#guong-words-{kind} textarea", text)

    def written(self, kind):
        return self.page.locator(f"#guong-words-{kind} textarea").input_value()

    def save(self):
        self.page.click("#guong-words-save")

    def try_on(self, text):
        self.page.fill("#guong-words-try input, #guong-words-try textarea", text)
        self.page.press("#guong-words-try input, #guong-words-try textarea", "Enter")
        self.page.locator("#guong-words-tried p").nth(1).wait_for()
        return self.page.locator("#guong-words-tried").inner_text()


@pytest.fixture
def panel(embedded, visit):
    return Panel(visit(embedded).page)


def test_words_are_kept_tried_and_there_again_after_a_reload(panel):
    page = panel.page
    panel.write("always", " bát \n")
    panel.write("never", "deadline → hạn chót\nok=được")
    panel.write("say", "Ea H'leo = ê a hờ leo")
    shown = panel.try_on("Deadline ở Ea H'leo là thứ hai.")
    assert "Hạn chót ở Ea H'leo là thứ hai." in shown
    assert "hạn chót ở ê a hờ leo là thứ hai." in shown
    panel.save()
    saved = tell("vi", "dictionary.saved", count=4)
    page.locator("#guong-words-status", has_text=saved).wait_for()
    assert panel.written("never") == "deadline = hạn chót\nok = được"
    page.reload()
    panel.open()
    page.wait_for_function("document.querySelector('#guong-words-always textarea').value === 'bát'")
    assert panel.written("say") == "Ea H'leo = ê a hờ leo"


def test_what_is_wrong_is_said_with_the_box_and_the_word(panel):
    page = panel.page
    panel.write("say", "Pleiku")
    panel.save()
    box = tell("vi", "dictionary.say")
    error = tell("vi", "invalid_input.empty", field=f"{box}: Pleiku")
    page.locator(".toast-body", has_text=error).wait_for()
    page.locator(".toast-close").click()
    panel.write("say", "")
    panel.write("always", "ok")
    panel.write("never", "OK = được")
    panel.save()
    error = tell("vi", "invalid_input.conflict_word", word="ok")
    page.locator(".toast-body", has_text=error).wait_for()
    assert panel.written("never") == "OK = được"  # what was typed is not lost


def test_another_language_of_the_page_leaves_what_is_not_saved_yet(panel):
    page = panel.page
    panel.write("always", "bát")
    page.locator("#guong-language label", has_text="English").click()
    page.get_by_role("button", name=tell("en", "dictionary.save"), exact=True).wait_for()
    assert panel.written("always") == "bát"
