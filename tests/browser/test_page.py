"""The page around the conversation: language, panels, a recogniser, and one's own data."""

import re


def tab(page, name):
    page.page.get_by_role("tab", name=name).click()


def test_the_language_switches_everywhere_and_is_kept(embedded, visit):
    page = visit(embedded)
    assert page.page.locator(".guong-state").inner_text() == "Sẵn sàng"
    page.page.get_by_label("English").check()
    page.page.wait_for_function("document.querySelector('.guong-state').innerText === 'Ready'")
    assert page.page.locator(".guong-ai").inner_text() == "AI-generated"
    page.page.get_by_role("tab", name="Memory").wait_for(state="visible")
    page.page.get_by_role("button", name="Send").wait_for(state="visible")
    page.page.reload()
    page.page.wait_for_function("document.querySelector('.guong-state')?.innerText === 'Ready'")


def test_the_browser_s_language_is_the_first_guess(embedded, browser, visit):
    context = browser.new_context(locale="en-GB")
    page = visit(embedded, within=context)
    page.page.wait_for_function("document.querySelector('.guong-state')?.innerText === 'Ready'")
    context.close()


def test_the_microphone_without_a_recogniser_offers_three_ways(embedded, visit):
    page = visit(embedded)
    page.page.click(".guong-microphone")
    offer = page.page.locator("#guong-recogniser").first
    offer.wait_for(state="visible")
    text = offer.inner_text()
    assert re.search(r"phowhisper-tiny\S*: \d+ MB, giấy phép BSD-3-Clause", text)
    assert "Google" in text  # says where the sound would go
    page.page.get_by_role("button", name="Tôi gõ thôi").click()
    offer.wait_for(state="hidden")
    page.say("Chào bạn").until("speaking")


def test_a_download_that_cannot_reach_the_hub_says_so_and_nothing_is_lost(embedded, visit):
    page = visit(embedded)
    page.page.click(".guong-microphone")
    page.page.locator("#guong-recogniser").first.wait_for(state="visible")
    page.page.get_by_role("button", name="Tải về và nói").click()
    page.page.locator(".toast-body").wait_for(state="visible", timeout=60_000)
    assert "huggingface" in page.page.locator(".toast-body").inner_text()
    page.say("Chào bạn").until("speaking")


def test_what_is_told_appears_in_memory_and_can_be_forgotten(embedded, visit):
    page = visit(embedded).say("Mình tên là Nam, mình thích ăn bún chả.").until("speaking")
    page.page.click(".guong-stop")
    tab(page, "Trí nhớ")
    memory = page.page.get_by_role("checkbox", name=re.compile("bún chả"))
    memory.wait_for(state="visible")
    memory.check()
    page.page.get_by_role("button", name="Quên những điều đã chọn").click()
    memory.wait_for(state="detached")


def test_the_pair_is_shown_can_be_chosen_and_taken_back(embedded, visit):
    page = visit(embedded).say("Chị ơi, em hỏi chút ạ").until("speaking")
    preview = page.page.locator(".guong-preview").last
    page.page.wait_for_function(
        "document.querySelector('.guong-preview').innerText.includes('chị / em')"
    )
    page.page.get_by_role("button", name="Quay lại cặp xưng hô trước").click()
    page.page.wait_for_function(
        "document.querySelector('.guong-preview').innerText.includes('mình / bạn')"
    )
    assert "“" in preview.inner_text()


def test_a_pair_that_a_turn_changed_is_told_under_the_conversation_with_a_way_back(embedded, visit):
    page = visit(embedded).say("Chị ơi, em hỏi chút ạ").until("speaking")
    notice = page.page.locator("#guong-pair-notice")
    notice.wait_for(state="visible")
    told = notice.inner_text()
    assert "chị / em thay cho mình / bạn" in told
    assert "bạn gọi “chị ơi”" in told
    notice.get_by_role("button", name="Quay lại").click()
    notice.wait_for(state="hidden")
    page.page.wait_for_function(
        "document.querySelector('.guong-preview').innerText.includes('mình / bạn')"
    )


def test_the_engines_panel_lists_every_stage_with_licences(embedded, visit):
    page = visit(embedded)
    tab(page, "Bộ máy")
    table = page.page.locator(".guong-engines table")
    table.wait_for(state="visible")
    text = table.inner_text()
    for expected in ("espeak", "GPL-3.0-or-later", "phowhisper-tiny", "BSD-3-Clause", "đang dùng"):
        assert expected in text


def test_an_error_in_a_panel_names_the_field_in_the_page_s_language(embedded, visit):
    page = visit(embedded)
    tab(page, "Giọng nói")
    page.page.get_by_role("button", name="Chỉnh giọng").click()
    toast = page.page.locator(".toast-body")
    toast.wait_for(state="visible")
    assert "Mẫu giọng" in toast.inner_text()


def test_a_voice_is_heard_and_seen_with_its_rate_and_leaves_no_line(embedded, visit):
    page = visit(embedded)
    lengths = []
    for rate in ("1", "2"):
        tab(page, "Giọng nói")
        box = page.page.locator("#guong-rate input[type=number]")
        box.fill(rate)
        box.press("Enter")
        page.page.locator("#guong-rate input[type=range]").dispatch_event("pointerup")
        page.page.wait_for_timeout(500)
        page.page.get_by_role("button", name="Nghe thử").click()
        page.until("speaking").until("idle", timeout_s=60)
        lengths.append(page.value("document.querySelector('.guong-talk').duration"))
    assert lengths[0] > 1.0
    assert page.lines() == []


def test_delete_everything_begins_anew_with_another_key(embedded, visit):
    page = visit(embedded).say("Mình tên là Sơn Ca Bảy.").until("speaking")
    page.until("idle", timeout_s=60)
    old = page.value("localStorage.getItem('guong.key')")
    tab(page, "Dữ liệu")
    page.page.on("dialog", lambda dialog: dialog.accept())
    page.page.click("#guong-delete")
    page.page.wait_for_function(f"localStorage.getItem('guong.key') !== '{old}'")
    page.page.wait_for_function("document.querySelectorAll('#guong-chat .message').length === 0")
    for path in embedded.data.rglob("*"):
        if path.is_file():
            assert "Sơn Ca Bảy".encode() not in path.read_bytes()
    page.say("Chào bạn").until("speaking")


def test_refusing_the_question_deletes_nothing(embedded, visit):
    page = visit(embedded).say("Mình thích hát.").until("speaking")
    old = page.value("localStorage.getItem('guong.key')")
    tab(page, "Dữ liệu")
    page.page.on("dialog", lambda dialog: dialog.dismiss())
    page.page.click("#guong-delete")
    page.page.wait_for_timeout(800)
    assert page.value("localStorage.getItem('guong.key')") == old
    assert page.lines()


def test_on_a_phone_the_stage_comes_first_and_nothing_overflows(embedded, browser, visit):
    context = browser.new_context(
        locale="vi-VN", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = visit(embedded, within=context)
    assert page.value("document.documentElement.scrollWidth <= innerWidth + 1")
    stage, chat = (
        page.page.locator(selector).bounding_box() for selector in ("#guong-stage", "#guong-chat")
    )
    assert stage["y"] < chat["y"]
    context.close()
