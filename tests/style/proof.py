"""Five invented writers, a profile of one half of their messages, a classifier of the other half.

Shared by the tests and `benchmarks/style.py`.
"""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path

from modules.emotion import classify
from modules.llm.companion.answer import answer
from modules.llm.companion.book import book
from modules.llm.companion.wording import fill, polish, voice_of
from modules.messages import Line, Pair, TurnRequest
from modules.persona import Guard
from modules.persona.style.counting import Counts
from modules.persona.style.manner import manner_of
from modules.persona.style.profile import StyleProfile, learned
from tests.style.classifier import Judge

HERE = Path(__file__).parent
WRITERS = ("ha", "bao", "thanh", "dung", "dan")
NOON = datetime(2026, 11, 22, 12)
PAIRS = {
    "mình-bạn": Pair("mình", "bạn"),
    "anh-em": Pair("anh", "em"),
    "em-chị": Pair("em", "chị"),
}


@cache
def messages(name):
    return tuple((HERE / "writers" / f"{name}.txt").read_text("utf-8").splitlines())


def learned_half(name):
    return messages(name)[0::2]


def other_half(name):
    return messages(name)[1::2]


@cache
def profile(name, half=0):
    counts = Counts()
    for text in messages(name)[half::2]:
        counts.add(text)
    return learned(counts, Counts(), StyleProfile())


@cache
def classifier(half=1, *, calibrated=True):
    judge = Judge({name: messages(name)[half::2] for name in WRITERS})
    return judge.calibrate(neutral()) if calibrated else judge


@cache
def neutral():
    """The companion's answers in nobody's style: every template of small talk, in one pair."""
    texts = []
    for entry in book().entries.values():
        for template in entry.templates("peer"):
            voice = voice_of(TurnRequest(0, ""))
            if (text := fill(template, voice, {})) and entry.kind not in ("crisis", "refuse"):
                texts.append(polish(text, voice, 0))
    return texts


def conversations():
    return tomllib.loads((HERE / "dialogues.toml").read_text("utf-8"))["conversations"]


@cache
def replies(manner, pair=PAIRS["mình-bạn"]):
    """Return what the companion answers in all conversations, as it leaves the guard."""
    said = []
    for conversation in conversations():
        # Not the first words of a conversation: those say in fixed words that a program speaks.
        history = [Line("user", "Alo"), Line("assistant", "Mình nghe rõ bạn rồi.")]
        for text in conversation:
            request = TurnRequest(
                1, text, history=tuple(history), pair=pair, mood=classify(text), manner=manner
            )
            guard = Guard(pair, None if manner else "north")
            clauses = [c for part in answer(request, NOON) for c in guard.push(part + " ")]
            reply = " ".join("".join([*clauses, *guard.finish()]).split())
            history += [Line("user", text), Line("assistant", reply)]
            said.append(reply)
    return said


def rate(pair=PAIRS["mình-bạn"], *, styled=True, half=0, calibrated=True):
    """Return the share of replies whose writer is named, and who was named for whom."""
    right, table = 0, {}
    judge = classifier(1 - half, calibrated=calibrated)
    for name in WRITERS:
        manner = manner_of(profile(name, half)) if styled else None
        named = [judge.name(reply) for reply in replies(manner, pair)]
        table[name] = {other: named.count(other) for other in WRITERS}
        right += named.count(name)
    return right / sum(sum(row.values()) for row in table.values()), table
