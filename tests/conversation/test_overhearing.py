"""What is shown of a sentence while it is said, and that no answer waits for it."""

import itertools
from types import SimpleNamespace

import anyio
import numpy as np
import pytest

from modules.asr import Endpointer, Endpointing, Partial, UtteranceEnded
from modules.asr.vad import FRAME
from modules.conversation.app import App
from modules.conversation.overhearing import Overhearing, Pace
from modules.errors import EngineFailed
from modules.messages import LISTEN_RATE, Transcript
from modules.settings import Settings
from tests.scripted import Scripted, residency
from tests.virtual_time import virtual_time

LOUD = np.full(FRAME, 0.1, np.float32)
FRAME_S = FRAME / LISTEN_RATE
SENTENCE = "hôm nay trời đẹp quá con muốn kể cho bà nghe một câu chuyện vui"
WORDS = SENTENCE.split()


class Voice:
    """A detector that hears a voice while the test says so."""

    speaks = True

    def __call__(self, frame):
        return 0.95 if self.speaks else 0.0

    def reset(self):
        pass


class Room:
    """A page's sentence: frames in, partial results out, on the clock of the test."""

    def __init__(self, path, takes_s=0.1, needs=(), fails=None, known_s=0.1):
        async def play(utterance, request):
            self.asked.append((utterance.open, len(utterance.samples) / LISTEN_RATE))
            self.ended_at = anyio.current_time() + takes_s
            await anyio.sleep(takes_s)
            if fails:
                raise fails
            count = max(1, round(len(utterance.samples) / LISTEN_RATE * 3))
            yield Transcript(0, " ".join((WORDS * 9)[:count]), final=not utterance.open)

        self.asked, self.shown, self.ended_at = [], [], 0.0
        self.engine = Scripted("asr", "ears", play, needs=needs)
        self.app = App(Settings(data=path))
        self.app.residency = residency(self.engine)
        if known_s:
            self.app.pace.took("ears", 1.0, known_s)
        self.session = self.app.open_session("page:test", None, live=True)
        self.voice = Voice()
        self.ears = Endpointer(self.voice, Endpointing())
        self.overhearing = Overhearing(self.session, self.show)
        self.ends = []

    async def show(self, partial):
        self.shown.append(partial)

    async def hear(self, seconds, speaks=True):
        self.voice.speaks = speaks
        for _ in range(round(seconds / FRAME_S)):
            for event in self.ears.push(LOUD):
                if isinstance(event, UtteranceEnded):
                    self.ends.append(anyio.current_time())
                    self.overhearing.ended()
            self.overhearing.heard(self.ears)
            await anyio.sleep(FRAME_S)


def said(room, *parts):
    async def run():
        for seconds, speaks in parts:
            await room.hear(seconds, speaks)
        await anyio.sleep(5)
        room.able = room.session.engines()["asr"]

    virtual_time(run)()
    return room


def test_words_become_firm_while_the_user_speaks(tmp_path):
    room = said(Room(tmp_path), (3.0, True), (1.0, False))
    assert len(room.shown) >= 4
    assert room.shown[0] == Partial("", "hôm nay")
    assert all(partial.firm for partial in room.shown[1:])
    assert room.shown[-1].firm.split() == WORDS[: len(room.shown[-1].firm.split())]
    assert all(still_open for still_open, _ in room.asked)


def test_every_recognition_ends_before_the_turn_does(tmp_path):
    for takes_s in (0.05, 0.2, 0.4):
        room = said(Room(tmp_path, takes_s, known_s=takes_s), (1.7, True), (1.0, False))
        assert room.shown
        assert room.ended_at <= room.ends[0]


@pytest.mark.parametrize("known_s", [0.6, 3.0, None])
def test_a_machine_that_is_too_slow_or_was_never_tried_shows_nothing(tmp_path, known_s):
    room = said(Room(tmp_path, known_s or 0.1, known_s=known_s), (3.0, True), (1.0, False))
    assert room.asked == []


def test_one_that_turns_out_slow_is_not_asked_again(tmp_path):
    room = said(Room(tmp_path, 2.0, known_s=0.1), (6.0, True), (1.0, False), (3.0, True))
    assert len(room.asked) == 1


def test_while_somebody_is_answered_by_the_same_processor_it_rests(tmp_path):
    room = Room(tmp_path)
    with room.app.one_turn():
        said(room, (2.0, True))
    assert room.asked == []
    card = Room(tmp_path, needs=("cuda",))
    with card.app.one_turn():
        said(card, (2.0, True))
    assert card.asked


def test_on_a_lent_card_and_with_push_to_talk_it_is_off(tmp_path):
    lent = Room(tmp_path)
    lent.app.gpu = SimpleNamespace()
    assert said(lent, (2.0, True)).asked == []
    held = Room(tmp_path)
    held.session.push_to_talk = True
    assert said(held, (2.0, True)).asked == []


def test_nothing_of_a_sentence_is_shown_in_the_next_one(tmp_path):
    room = said(Room(tmp_path), (2.0, True), (1.0, False), (0.7, True), (1.0, False))
    assert len(room.ends) == 2
    assert room.shown[-1].firm == ""


def test_a_failure_is_no_ones_business_and_demotes_nobody(tmp_path):
    failed = EngineFailed("raised", stage="asr", engine="ears")
    room = said(Room(tmp_path, fails=failed), (3.0, True), (1.0, False))
    assert len(room.asked) == 1
    assert room.shown == []
    assert room.able == ("ears",)
    assert room.engine.open_streams == 0


def test_of_a_long_speech_only_the_end_is_recognised_again(tmp_path):
    room = said(Room(tmp_path), (45.0, True), (1.0, False))
    assert max(seconds for _, seconds in room.asked) < 21
    lengths = [len(f"{partial.firm} {partial.light}".split()) for partial in room.shown]
    assert all(after >= before - 1 for before, after in itertools.pairwise(lengths))
    assert lengths[-1] > 120
    assert len(room.shown[-1].firm.split()) > 100


def test_a_long_sentence_says_little_of_the_next_short_one():
    pace = Pace()
    assert pace.expected("ears", 1.0) == float("inf")
    pace.took("ears", 1.0, 0.2)
    pace.took("ears", 15.0, 0.9)
    assert pace.expected("ears", 1.0) == pytest.approx(0.2)
    pace.took("ears", 1.0, 0.7)
    assert pace.expected("ears", 0.8) == pytest.approx(0.7)
