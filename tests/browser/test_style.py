"""The style panel: a chat export becomes a profile that is read, edited, taken away and deleted."""

import json

import pytest

from modules.text.catalogue import tell
from tests.browser.conftest import READY
from tests.browser.geometry import faults
from tests.browser.touring import audit

HA = [
    "ê bà ơi nay rảnh hông nè", "hihi tui đang ăn bánh tráng trộn nè 😂", "ừa để tui qua liền nha",
    "trời ơi mắc cười xỉu luôn á 😂", "ê tối nay đi coi phim hông", "hihi dễ thương ghê nha",
]  # fmt: skip
BAO = ["Vâng, anh nhận được rồi.", "Mai anh gửi lại bản mới.", "Cảm ơn em nhé."]


def lines():
    """Return a conversation of two: (author, text)."""
    for number in range(40):
        yield "Hà", HA[number % len(HA)]
        yield "Bảo", BAO[number % len(BAO)]


def telegram():
    rows = [
        {"id": n, "type": "message", "date": "2025-12-25T21:05:00", "from": who, "text": text}
        for n, (who, text) in enumerate(lines())
    ]
    return json.dumps({"name": "Hà", "messages": rows}, ensure_ascii=False)


def whatsapp():
    return "\n".join(f"25/12/2025, 21:{n % 60:02} - {w}: {t}" for n, (w, t) in enumerate(lines()))


def zalo():
    return "\n".join(f"[21:{n % 60:02}, 25/12/2025] {w}: {t}" for n, (w, t) in enumerate(lines()))


class Panel:
    def __init__(self, page):
        self.page = page
        self.open_tab("tab.style")

    def open_tab(self, code):
        self.page.get_by_role("tab", name=tell("vi", code), exact=True).click()

    def upload(self, name, data):
        file = {"name": name, "mimeType": "text/plain", "buffer": data.encode()}
        self.page.set_input_files("#guong-style-file input[type=file]", file)

    def authors(self):
        self.page.locator("#guong-style-author input").click()
        options = self.page.locator("#guong-style-author [role=option]")
        options.first.wait_for()
        return options

    def learn_from(self, author):
        """Learn from the messages of somebody who is listed."""
        self.page.locator("#guong-style-author [role=option]", has_text=author).click()
        self.page.click("#guong-style-learn")
        self.status(tell("vi", "style.learned", learned=40, author=author))

    def status(self, text):
        self.page.locator("#guong-style-status", has_text=text).wait_for()

    def profile(self):
        return self.page.locator("#guong-style-profile").inner_text()


@pytest.fixture
def panel(embedded, visit):
    return Panel(visit(embedded).page)


def test_what_was_learned_is_shown_edited_taken_away_and_deleted(panel):
    page = panel.page
    page.locator("#guong-style-empty").wait_for()
    panel.upload("result.json", telegram())
    listed = panel.authors()
    assert listed.all_inner_texts() == ["Hà · 40", "Bảo · 40"]
    panel.learn_from("Hà")
    shown = panel.profile()
    assert tell("vi", "style.closers") in shown
    assert "nè" in shown
    assert "nhé" not in shown  # that is what the other one writes
    assert page.locator("#guong-style-empty").is_hidden()

    page.click("#guong-style-edit button")
    page.emulate_media(reduced_motion="reduce")  # else a colour is read half way to another
    for dark in (False, True):
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
        assert faults(page) == []
        assert audit(page) == []
    page.fill("#guong-style-closers textarea", "nè, nghen")
    page.fill("#guong-style-replacements textarea", "tuyệt vời → đỉnh")
    page.click("#guong-style-save")
    panel.status(tell("vi", "style.saved"))
    assert "nghen" in panel.profile()

    page.get_by_label(tell("vi", "style.learning")).uncheck()
    page.reload()
    page.wait_for_function(READY)
    panel = Panel(page)
    page.locator("#guong-style-profile", has_text="nghen").wait_for()
    assert not page.get_by_label(tell("vi", "style.learning")).is_checked()
    assert page.get_by_label(tell("vi", "style.applied")).is_checked()

    page.click("#guong-style-export")
    page.locator("#guong-style-files", has_text="guong-sft").wait_for()
    assert page.locator("#guong-style-files", has_text="guong-openai").count()
    page.click("#guong-style-forget")
    panel.status(tell("vi", "style.forgotten"))
    page.locator("#guong-style-empty").wait_for()


REFUSED = [
    ("a.txt", "", "empty_file"),
    ("a.zip", "PK\x03\x04" + "x" * 99, "archive"),
    ("a.json", '{"messages": [{"from": "An", "text": "chào"', "cut_off"),
    ("b.json", '{"messages": []}', "no_messages"),
]


def test_a_file_that_teaches_nothing_is_told_and_leaves_the_panel_as_it_was(panel):
    for name, data, code in REFUSED:
        panel.upload(name, data)
        told = tell("vi", f"invalid_input.{code}", field=tell("vi", "field.chat"))
        panel.page.locator(".toast-body", has_text=told).wait_for()
        panel.page.locator("#guong-style-file input[type=file]").wait_for(state="attached")
        assert panel.page.locator("#guong-style-learn").is_hidden()


def test_exports_of_other_programs_teach_the_same(panel):
    for name, data in (("_chat.txt", whatsapp()), ("zalo.txt", zalo())):
        panel.upload(name, data)
        panel.authors()
        panel.learn_from("Hà")
        assert "nè" in panel.profile()
