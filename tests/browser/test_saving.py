"""Saving and rating on the page: what a visitor takes away, and what they thought of it."""

import json

import av
import pytest

from modules.text.catalogue import tell


@pytest.fixture
def talked(echoing, visit):
    page = visit(echoing).say("Chào bạn.").until("speaking").until("idle", timeout_s=60)
    page.page.locator(".guong-rating").wait_for()
    return page


def saved(page, code):
    page.page.click("#guong-save")
    with page.page.expect_download(timeout=120_000) as download:
        page.page.get_by_role("button", name=tell("vi", code), exact=True).click()
    return download.value


def press(page, code):
    page.page.get_by_role("button", name=tell("vi", code), exact=True).click()


def test_the_conversation_is_downloaded_as_a_film_with_captions_in_the_picture(talked):
    download = saved(talked, "saving.conversation")
    assert download.suggested_filename == "guong.mp4"
    with av.open(str(download.path())) as file:
        assert [stream.type for stream in file.streams] == ["video", "audio"]
        assert file.streams.video[0].frames > 60
        assert file.metadata["ai_generated"] == "true"
    talked.page.locator("#guong-saving-status", has_text="guong.mp4").wait_for()


def test_the_answer_without_captions_has_them_as_a_track(talked):
    talked.page.click("#guong-save")
    talked.page.get_by_label(tell("vi", "saving.captions")).uncheck()
    talked.page.keyboard.press("Escape")
    with av.open(str(saved(talked, "saving.answer").path())) as file:
        assert [stream.type for stream in file.streams] == ["video", "audio", "subtitle"]


def test_the_transcript_says_what_the_page_says(talked):
    document = json.loads(saved(talked, "saving.json").path().read_text("utf-8"))
    assert [(line["who"], line["text"]) for line in document["lines"]] == [
        ("user", "Chào bạn."),
        ("assistant", "Chào bạn."),
    ]


def test_nothing_said_is_nothing_to_save_and_the_page_says_so(embedded, visit):
    page = visit(embedded)
    page.value("document.querySelector('#guong-actions').style.display = 'flex'")
    page.page.click("#guong-save")
    press(page, "saving.conversation")
    toast = page.page.locator(".toast-body")
    toast.wait_for()
    assert tell("vi", "not_found.conversation") in toast.inner_text()


def rating(page, verdict):
    return page.page.locator(f".guong-rate[data-verdict={verdict}]").last


def test_an_answer_is_rated_explained_changed_and_taken_back(talked, echoing):
    others = {*echoing.data.glob("users/*/ratings.jsonl")}

    def stored():
        files = {*echoing.data.glob("users/*/ratings.jsonl")} - others
        return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]

    assert stored() == []  # nobody asked to keep anything
    rating(talked, "bad").click()
    talked.page.locator("#guong-why").wait_for()
    talked.page.get_by_label(tell("vi", "rating.address"), exact=True).check()
    talked.page.get_by_label(tell("vi", "rating.comment"), exact=True).fill("Phải là cô.")
    press(talked, "rating.send")
    talked.page.locator("#guong-why").wait_for(state="hidden")
    (line,) = stored()
    assert (line["verdict"], line["reasons"], line["comment"]) == (
        "bad",
        ["address"],
        "Phải là cô.",
    )
    assert (line["message"], line["answer"]) == ("Chào bạn.", "Chào bạn.")
    rating(talked, "good").click()
    talked.page.locator(".guong-rate[data-verdict=good][aria-pressed=true]").wait_for()
    assert [line["verdict"] for line in stored()] == ["good"]
    talked.page.get_by_role("tab", name=tell("vi", "tab.data")).click()
    talked.page.get_by_text(tell("vi", "rating.count", count=1)).wait_for()
    rating(talked, "good").click()
    talked.page.locator(".guong-rate[aria-pressed=true]").wait_for(state="detached")
    assert stored() == []
    talked.page.get_by_text(tell("vi", "rating.count", count=1)).wait_for(state="hidden")


def test_the_buttons_speak_the_page_s_language(talked):
    assert rating(talked, "good").get_attribute("aria-label") == tell("vi", "rating.good")
    talked.page.get_by_label("English").check()
    talked.page.wait_for_function(
        "label => document.querySelector('.guong-rate').title === label",
        arg=tell("en", "rating.good"),
    )
