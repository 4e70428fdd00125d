"""Captions of a turn: each word of the answer, once, when it is heard, and never after a halt."""

import numpy as np
import pytest

from modules import tts, voice
from modules.avatar.stream import FaceStream
from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.conversation.details import Collected, captions
from modules.errors import EngineFailed
from modules.messages import (
    SPEECH_RATE,
    Caption,
    Clause,
    Speech,
    TurnEnd,
    VoiceProfile,
)
from tests.scripted import Scripted, raises, request, residency, says, speaks
from tests.virtual_time import virtual_time

ANSWER = "Hẹn lúc 7h30 ngày 2/9 nhé. Nhớ mang 2 triệu 500k 😊, và gọi 0909 123 456 cho mẹ nha!"


class _Blank(FaceStream):
    """A face without a face: the books of a real one, pictures of nothing."""

    def draw(self, frame, out):
        out[:] = 0


class _Face(Scripted):
    def open(self, request):
        self.open_streams += 1
        return _Counted(self, request.reply)


class _Counted(_Blank):
    def __init__(self, engine, reply):
        super().__init__(reply)
        self._engine = engine

    async def aclose(self):
        self._engine.open_streams -= 1
        await super().aclose()


@pytest.fixture(scope="module")
def espeak():
    engine = tts.ENGINES[-1].make()
    engine.load()
    return engine


@pytest.fixture(scope="module")
def world():
    engine = voice.ENGINES[-1].make()
    engine.load()
    return engine


def engines(*more, text=ANSWER, every=7, every_s=0.0):
    deltas = [text[i : i + every] for i in range(0, len(text), every)]
    return (
        Scripted("llm", "llm", says(*deltas, every_s=every_s), next_output_s=9),
        *more,
        _Face("avatar", "avatar", None),
    )


async def collect(*made, cache=None, **fields):
    fields = {"owner": "me", "live": False, **fields}
    answer = back(request(*made, **fields), residency(*made), cache or Cache(1 << 24))
    return [message async for message in answer]


def of(kind, messages):
    return [m for m in messages if isinstance(m, kind)]


def words(messages):
    return [word for caption in of(Caption, messages) for word in caption.words]


def check(messages):
    """What holds for the captions of any answer that is heard to its end."""
    shown = " ".join(clause.text for clause in of(Clause, messages)).split()
    given = words(messages)
    assert " ".join(word.text for word in given).split() == shown
    total_s = sum(len(speech.samples) for speech in of(Speech, messages)) / SPEECH_RATE
    at = 0.0
    for word in given:
        assert at <= word.start_s <= word.end_s <= total_s
        at = word.start_s
    made_s = 0.0
    for message in messages:
        if isinstance(message, Caption):
            # The frames are counted behind it: no word begins in media that went before.
            assert message.words[0].start_s >= made_s - 1e-6
        elif isinstance(message, Speech):
            made_s += len(message.samples) / SPEECH_RATE


def audible(messages):
    """Return which 10 ms of the answer are heard."""
    samples = np.concatenate([speech.samples for speech in of(Speech, messages)])
    frames = samples[: len(samples) // 220 * 220].reshape(-1, 220)
    return np.abs(frames).max(axis=1) > 0.01


def check_heard(messages):
    """Every word sounds in its first half (a final stop is silent); the first begins the sound."""
    heard = audible(messages)
    for word in words(messages):
        first, last = int(word.start_s * SPEECH_RATE / 220), int(word.end_s * SPEECH_RATE / 220)
        assert heard[first : (first + last) // 2 + 1].mean() > 0.6, word
    assert abs(words(messages)[0].start_s - float(np.argmax(heard)) / 100) < 0.08


@virtual_time
async def test_every_word_of_the_answer_is_captioned_when_it_is_heard(espeak):
    messages = await collect(*engines(espeak))
    check(messages)
    check_heard(messages)
    texts = [word.text for word in words(messages)]
    assert texts[:6] == ["Hẹn", "lúc", "7h30", "ngày", "2/9", "nhé."]
    assert "500k 😊," in texts


@pytest.mark.parametrize("rate", [0.5, 0.75, 1.35, 2.0])
@virtual_time
async def test_captions_follow_the_rate(espeak, rate):
    messages = await collect(*engines(espeak), rate=rate)
    check(messages)
    check_heard(messages)


@virtual_time
async def test_captions_pass_through_a_matched_voice_in_pieces(espeak, world):
    profile = VoiceProfile(
        "v", "v", 220.0, 0.2, np.arange(0, 11_000, 100, np.float32), np.zeros(110, np.float32)
    )
    made = engines(espeak, world)
    plain = words(await collect(*engines(espeak)))
    messages = await collect(*made, voice=profile)
    check(messages)
    assert words(messages) == plain
    assert len(of(Caption, messages)) > 5


@virtual_time
async def test_captions_come_from_the_cache_as_they_came_the_first_time(espeak):
    cache = Cache(1 << 24)
    first = await collect(*engines(espeak), cache=cache)
    again = await collect(*engines(espeak), cache=cache)
    assert of(TurnEnd, again)[0].cache_hits
    assert words(again) == words(first)


@virtual_time
async def test_a_clause_that_only_looks_different_has_captions_of_its_own(espeak, world):
    profile = VoiceProfile(
        "v", "v", 220.0, 0.2, np.arange(0, 11_000, 100, np.float32), np.zeros(110, np.float32)
    )
    cache = Cache(1 << 24)
    for text in ("Hẹn bảy giờ nhé.", "Hẹn 7 giờ nhé."):
        messages = await collect(*engines(espeak, world, text=text), voice=profile, cache=cache)
        assert [word.text for word in words(messages)] == text.split()


@virtual_time
async def test_a_pause_of_the_model_moves_what_is_said_behind_it(espeak):
    text = "Chào bạn nhé. Hôm nay 3 bạn khoẻ không?"
    live, plain = [
        await collect(*engines(espeak, text=text, every=14, every_s=4.0), live=live)
        for live in (True, False)
    ]
    check(live)
    check_heard(live)
    waited = [a.start_s - b.start_s for a, b in zip(words(live), words(plain), strict=True)]
    assert waited[0] == pytest.approx(0, abs=1e-6)
    assert waited[-1] > 1.0


@virtual_time
async def test_a_clause_of_pictures_alone_is_shown_between_its_neighbours(espeak):
    messages = await collect(*engines(espeak, text="Chào bạn!\n🎉\nHẹn gặp lại."))
    check(messages)
    assert any("🎉" in word.text for word in words(messages))


@virtual_time
async def test_a_voice_that_knows_no_words_has_captions_all_the_same():
    messages = await collect(*engines(Scripted("tts", "tts", speaks(2.0)), text="Chào bạn nhé."))
    check(messages)
    given = words(messages)
    assert given[0].start_s == 0 and given[-1].end_s == pytest.approx(2.0, abs=0.01)


@virtual_time
async def test_where_the_voice_is_lost_the_text_is_read_and_nothing_is_captioned():
    silent = Scripted("tts", "tts", raises(EngineFailed("raised", stage="tts", engine="tts")))
    messages = await collect(*engines(silent))
    assert of(Clause, messages) and not of(Caption, messages)


@virtual_time
async def test_the_details_list_the_words_of_all_captions(espeak):
    collected = Collected()
    for message in await collect(*engines(espeak)):
        collected.add(message)
    listed = captions(collected.captions)
    assert [text for text, _, _ in listed][:3] == ["Hẹn", "lúc", "7h30"]
    assert all(0 <= start <= end for _, start, end in listed)
