from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.conversation.back import back
from modules.conversation.cache import Cache, CachedEmbedding
from modules.errors import EngineFailed
from modules.memory.embedding import HashedEmbedding
from modules.messages import SPEECH_RATE, Persona, Speech, VoiceProfile
from tests.scripted import (
    Scripted,
    raises,
    repeats,
    request,
    residency,
    says,
    shows,
    speaks,
    tone,
)
from tests.virtual_time import virtual_time


def test_what_was_put_is_found():
    cache = Cache(10_000)
    cache.put("an", "xin chào", "sound", 10)
    assert cache.get("an", "xin chào") == "sound"
    assert cache.get("an", "tạm biệt") is None


def test_users_never_see_each_other_s_entries():
    cache = Cache(10_000)
    cache.put("an", "key", "An's", 10)
    assert cache.get("binh", "key") is None


def test_forgetting_a_user_leaves_nothing_of_theirs_and_all_of_others():
    cache = Cache(10_000)
    cache.put("an", 1, "a", 10)
    cache.put("an", 2, "b", 10)
    cache.put("binh", 1, "c", 10)
    assert cache.forget("an") == 2
    assert cache.get("an", 1) is None
    assert cache.get("binh", 1) == "c"


def test_the_least_recently_used_goes_first():
    cache = Cache(8 * (10 + 500))
    for owner in range(8):
        cache.put(f"owner {owner}", "key", owner, 10)
    cache.get("owner 0", "key")
    cache.put("owner 8", "key", 8, 10)
    assert cache.get("owner 0", "key") == 0
    assert cache.get("owner 1", "key") is None


def test_whoever_talks_for_long_displaces_only_their_own():
    cache = Cache(8 * (10 + 500))
    cache.put("binh", "greeting", "hello", 10)
    for key in range(20):
        cache.put("an", key, key, 10)
    assert cache.get("binh", "greeting") == "hello"
    assert [key for key in range(20) if cache.get("an", key) is not None] == [19]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 2_000)), max_size=90)
)
def test_it_never_holds_more_than_its_bound(puts):
    cache = Cache(16_000)
    sizes = {}
    for owner, key, size in puts:
        cache.put(str(owner), key, size, size)
        sizes[str(owner), key] = size
    held = {entry: size for entry, size in sizes.items() if cache.get(*entry) is not None}
    assert sum(held.values()) <= 16_000
    for owner in range(6):
        assert sum(size for (own, _), size in held.items() if own == str(owner)) <= 2_000


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 900)), max_size=90))
def test_what_was_forgotten_counts_no_more(puts):
    cache = Cache(8_000)
    for owner, key, size in puts:
        cache.put(str(owner), key, size, size)
    for owner in range(6):
        cache.forget(str(owner))
    for owner in range(7):
        cache.put(f"new {owner}", "key", owner, 500)
    assert [cache.get(f"new {owner}", "key") for owner in range(7)] == list(range(7))


def test_an_owner_s_part_counts_its_own_hits():
    cache = Cache(10_000)
    an, binh = cache.of("an"), cache.of("binh")
    an.put("key", "value", 10)
    assert an.get("key") == "value"
    assert an.get("other") is None
    assert binh.get("key") is None
    assert (an.hits, binh.hits) == (1, 0)


def test_no_key_keeps_the_words_it_was_made_of():
    cache = Cache(10_000)
    cache.put("an", ("emotion", ("rules",), "mình buồn quá"), "sad", 10)
    cache.put("an", ("tts", "espeak", ("Hẹn gặp lại", "hẹn gặp lại", True)), "sound", 10)
    kept = repr(cache._entries.keys())
    assert "buồn" not in kept and "Hẹn" not in kept
    assert cache.get("an", ("emotion", ("rules",), "mình buồn quá")) == "sad"


def test_what_is_too_large_to_keep_leaves_nothing_older_in_its_place():
    cache = Cache(16_000)
    cache.put("an", "key", "old", 10)
    cache.put("an", "key", "new", 16_000)
    assert cache.get("an", "key") is None


def test_who_has_no_name_has_no_cache():
    nobody = Cache(10_000).of("")
    nobody.put("key", "value", 10)
    assert nobody.get("key") is None


class Counted(HashedEmbedding):
    def __init__(self):
        super().__init__()
        self.asked = []

    def embed(self, texts, *, query=False):
        self.asked += texts
        return super().embed(texts, query=query)


def test_a_text_is_embedded_once_and_its_words_do_not_stay_in_the_cache():
    cache, embedding = Cache(1 << 20), Counted()
    cached = CachedEmbedding(embedding, cache.of("an"))
    first = cached.embed(["mình thích bún bò"])
    again = cached.embed(["mình thích bún bò", "mình ghét mưa"])
    assert embedding.asked == ["mình thích bún bò", "mình ghét mưa"]
    assert np.array_equal(first[0], again[0])
    assert "bún" not in repr(cache._entries.keys())


# --- a turn that says again what was said before --------------------------------------------------

GREETING = ("Chào bạn nhé. Hôm nay trời đẹp quá.",)
VOICE = VoiceProfile("v1", "An", 200.0, 0.2, np.zeros(4, np.float32), np.zeros(4, np.float32))


class Turns:
    """The same engines and the same cache, one turn after another."""

    def __init__(self, tts=None):
        self.cache = Cache(8 << 20)
        self.tts = tts or Scripted("tts", "tts", speaks())
        self.voice = Scripted("voice", "voice", repeats())
        self.engines = (
            Scripted("llm", "llm", says(*GREETING)),
            self.tts,
            self.voice,
            Scripted("avatar", "avatar", shows()),
        )
        self.reply = 0

    async def one(self, owner="an", **fields):
        self.reply += 1
        asked = request(*self.engines, reply=self.reply, owner=owner, **fields)
        return [m async for m in back(asked, residency(*self.engines), self.cache)]


def sound(messages):
    return np.concatenate([m.samples for m in messages if isinstance(m, Speech)])


@virtual_time
async def test_what_was_said_before_is_not_made_again_and_sounds_the_same():
    turns = Turns()
    first = await turns.one(voice=VOICE)
    again = await turns.one(voice=VOICE)
    assert len(turns.tts.heard) == len(turns.voice.heard) == 2
    assert (first[-1].cache_hits, again[-1].cache_hits) == (0, 4)
    assert np.array_equal(sound(first), sound(again))
    assert {m.reply for m in again} == {2}


@virtual_time
@pytest.mark.parametrize(
    "changed",
    [
        {"owner": "binh"},
        {"owner": ""},
        {"expression": "Sadness"},
        {"rate": 1.2},
        {"pitch": 2.0},
        {"persona": Persona(region="south")},
    ],
)
async def test_another_user_feeling_or_setting_gets_speech_of_its_own(changed):
    turns = Turns()
    await turns.one()
    other = await turns.one(**changed)
    assert other[-1].cache_hits == 0
    assert len(turns.tts.heard) == 4


@virtual_time
async def test_another_voice_gets_a_match_of_its_own():
    turns = Turns()
    await turns.one(voice=VOICE)
    other = await turns.one(voice=replace(VOICE, id="v2"))
    assert other[-1].cache_hits == 0
    assert len(turns.voice.heard) == 4


@virtual_time
async def test_speech_that_broke_off_is_not_kept():
    turns = Turns(Scripted("tts", "tts", raises(EngineFailed("x"), after=[tone(0.5)])))
    await turns.one()
    turns.tts.play = speaks()
    whole = await turns.one()
    assert whole[-1].cache_hits == 0
    assert len(sound(whole)) >= 2 * SPEECH_RATE
