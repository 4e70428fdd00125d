"""A conversation in a real browser: it plays, it can be interrupted, it survives what happens."""

import time

from tests.browser.conftest import READY, Page
from tests.server import ANSWER


def test_a_typed_turn_plays_with_every_frame_decoded(scripted, visit):
    page = visit(scripted).say("Chào bạn")
    page.until("speaking").until("idle", timeout_s=60)
    decoded, dropped = page.frames()
    seconds = page.value("document.querySelector('.guong-talk').duration")
    assert seconds > 5
    assert decoded >= 0.98 * seconds * 25 - 1
    # A machine without a GPU draws late now and then; the decoder must have had every frame.
    assert dropped <= 0.2 * decoded
    assert page.value("guong.seen.stale") == 0
    (user, said), (bot, answer) = page.lines()
    assert (user, said) == ("user", "Chào bạn")
    assert bot == "bot"
    assert answer.startswith("Dạ")
    assert "con đò không về nữa" in answer


def test_sound_and_picture_are_really_there_while_it_speaks(scripted, visit):
    page = visit(scripted)
    page.value(
        """() => {
          const video = document.querySelector('.guong-talk');
          const audio = new AudioContext();
          const meter = audio.createAnalyser();
          audio.createMediaElementSource(video).connect(meter);
          meter.connect(audio.destination);
          const canvas = new OffscreenCanvas(64, 64).getContext('2d', {willReadFrequently: true});
          window.measured = [];
          let last = null;
          setInterval(() => {
            const wave = new Float32Array(meter.fftSize);
            meter.getFloatTimeDomainData(wave);
            canvas.drawImage(video, 190, 270, 130, 130, 0, 0, 64, 64); // the mouth
            const mouth = canvas.getImageData(0, 0, 64, 64).data;
            const moved = last && mouth.reduce((sum, v, k) => sum + Math.abs(v - last[k]), 0);
            measured.push([Math.max(...wave.map(Math.abs)), moved / mouth.length, guong.state]);
            last = mouth;
          }, 80);
        }"""
    )
    page.say("Chào bạn").until("speaking").until("idle", timeout_s=60)
    levels, changes = zip(
        *(m[:2] for m in page.value("measured") if m[2] == "speaking"), strict=True
    )
    assert sum(level > 0.02 for level in levels) > 0.5 * len(levels)
    assert sum(change > 1.0 for change in changes[1:]) > 0.3 * len(changes)


def test_the_stop_button_silences_at_once_and_nothing_stale_comes_after(scripted, visit):
    page = visit(scripted).say("Kể chuyện đi").until("speaking")
    page.page.wait_for_timeout(700)
    page.page.click(".guong-stop")
    assert page.state() == "idle"
    assert page.value("document.querySelector('.guong-talk').paused")
    chunks = page.value("guong.seen.chunks")
    page.page.wait_for_timeout(1_500)
    assert page.value("guong.seen.chunks") == chunks
    assert page.lines()[-1][1].endswith("…")
    page.say("Tiếp đi").until("speaking")


def test_a_new_message_interrupts_the_old_answer(scripted, visit):
    page = visit(scripted).say("Câu một").until("speaking")
    page.say("Câu hai")
    page.page.wait_for_function("guong.state === 'thinking' || guong.reply === 2")
    page.until("speaking").until("idle", timeout_s=60)
    assert [text for who, text in page.lines() if who == "user"] == ["Câu một", "Câu hai"]
    assert page.lines()[1][1].endswith("…")


def test_three_quick_messages_all_stay_and_the_last_is_answered(scripted, visit):
    page = visit(scripted)
    for text in ("một", "hai", "ba"):
        page.say(text)
    page.until("speaking").until("idle", timeout_s=60)
    users = [text for who, text in page.lines() if who == "user"]
    assert users == ["một", "hai", "ba"]
    assert page.lines()[-1][0] == "bot"


def test_without_a_socket_the_answer_comes_over_the_queue(scripted, context):
    context.route_web_socket("**/guong/socket", lambda socket: socket.close())
    page = Page(context, scripted.url).open("window.guong?.session")
    page.say("Chào bạn").until("speaking", timeout_s=40).until("idle", timeout_s=90)
    decoded, _ = page.frames()
    assert decoded > 100
    assert page.errors == []


def test_a_dropped_socket_comes_back_and_the_answer_goes_on(scripted, visit):
    page = visit(scripted).say("Chào bạn").until("speaking")
    page.value("guong.socket.close()")
    page.page.wait_for_function(READY)
    page.until("idle", timeout_s=60)
    seconds = page.value("document.querySelector('.guong-talk').duration")
    assert page.frames()[0] >= 0.95 * seconds * 25
    assert seconds > 5


def test_a_reload_keeps_the_conversation(scripted, visit):
    page = visit(scripted).say("Chào bạn").until("speaking")
    page.page.click(".guong-stop")
    page.page.reload()
    page.page.wait_for_function(READY)
    page.page.wait_for_selector("#guong-chat .message")
    assert page.lines()[0] == ["user", "Chào bạn"]
    page.say("Lần nữa").until("speaking")


def test_a_duplicated_tab_has_a_conversation_of_its_own(scripted, visit, context):
    first = visit(scripted).say("Tab một")
    first.until("speaking")
    token = first.value("sessionStorage.getItem('guong.session')")
    # A browser copies the session storage into a duplicated tab.
    context.add_init_script(f"sessionStorage.setItem('guong.session', '{token}')")
    second = visit(scripted)
    assert second.value("guong.session.token") != token
    assert second.lines() == []
    second.say("Tab hai").until("speaking")
    first.until("idle", timeout_s=60)
    assert [text for who, text in first.lines() if who == "user"] == ["Tab một"]
    assert [text for who, text in second.lines() if who == "user"] == ["Tab hai"]


def test_closing_the_tab_in_mid_sentence_stops_the_turn(scripted, visit, context):
    page = visit(scripted).say("Kể chuyện đi").until("speaking")
    page.page.close()
    deadline = time.monotonic() + 10
    while any(name.startswith(("turn", "reply")) for name in scripted.state()["tasks"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_markup_in_a_message_is_shown_and_not_run(scripted, visit):
    page = visit(scripted)
    page.say('<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>')
    page.until("speaking")
    assert page.lines()[0][1].startswith("<img")
    assert page.value("window.hacked") is None


def test_a_message_that_is_refused_stays_in_the_box_and_the_next_turn_works(scripted, visit):
    page = visit(scripted).say("\u200b hai chữ".replace(" hai chữ", ""))
    page.page.wait_for_selector(".toast-body")
    assert page.state() == "idle"
    page.say("Chào bạn").until("speaking")


def test_the_label_that_an_ai_speaks_is_always_there(scripted, visit):
    page = visit(scripted)
    label = page.page.locator(".guong-ai")
    assert label.inner_text() == "Do AI tạo"
    assert label.is_visible()
    page.say("Chào").until("speaking")
    assert label.is_visible()


def test_when_the_browser_blocks_sound_one_click_starts_it(scripted, visit):
    page = visit(scripted)
    page.value(
        """() => {
          const video = document.querySelector('.guong-talk');
          const play = video.play.bind(video);
          video.play = () => Promise.reject(new DOMException('', 'NotAllowedError'));
          document.querySelector('.guong-unlock').addEventListener(
            'click', () => { video.play = play; }, {capture: true},
          );
        }"""
    )
    page.say("Chào")
    page.page.wait_for_selector(".guong-unlock", state="visible")
    page.page.click(".guong-unlock")
    page.until("speaking")
    assert not page.page.locator(".guong-unlock").is_visible()


def test_the_text_is_read_in_the_words_of_the_answer(scripted, visit):
    page = visit(scripted).say("Chị ơi, em hỏi chút ạ").until("speaking")
    page.until("idle", timeout_s=60)
    answer = page.lines()[-1][1]
    assert "mình" not in answer.split()
    assert len(answer) > 0.8 * len("".join(ANSWER))


def test_a_browser_that_cannot_play_says_so_and_the_answer_can_be_read(scripted, context, visit):
    context.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource")
    page = visit(scripted).say("Chào bạn")
    page.page.wait_for_selector(".guong-problem", state="visible")
    assert "trình duyệt" in page.page.inner_text(".guong-problem").lower()
    page.until("idle", timeout_s=60)
    page.page.locator("#guong-chat .message.bot").wait_for()  # its words come another way
    assert page.lines()[-1][0] == "bot"
