"""Whether the user asks for something to be forgotten. The phrases are data: `facts.toml`.

Forgetting cannot be undone, so only what is certainly a request counts.
"""

from __future__ import annotations

from modules.memory.facts import LONGEST
from modules.memory.rules import Grammar, grammar
from modules.memory.statements import Sentence, sentences


def is_forget_request(utterance: str) -> str | None:
    """Return what is to be forgotten: a query for `recall`, "all", or None if nothing is.

    Any string is allowed.
    """
    spoken = sentences(utterance)
    if len(spoken) != 1:
        return None
    sentence = spoken[0]
    if sentence.asked or len(sentence) > LONGEST or len(sentence.clauses()) > 1:
        return None
    rules = grammar(bare=sentence.bare)
    sentence = _without(rules, "closing", sentence)
    if rules.opening("forget_all", sentence.spaced) == len(sentence):
        return "all"
    return _query(rules, sentence)


def _query(rules: Grammar, sentence: Sentence) -> str | None:
    asked = rules.opening("forget", sentence.spaced) or _before_own_thing(rules, sentence)
    named = _without(rules, "forget_end", sentence[asked:])
    ended = len(named) + asked < len(sentence) or rules.opening("forget_kindly", sentence.spaced)
    if not asked or not named.tokens or not ended:
        return None
    spaced = named.spaced
    if rules.opening("nothing", spaced) == len(named) or rules.find("question", spaced):
        return None
    return named.original


def _before_own_thing(rules: Grammar, sentence: Sentence) -> int:
    asked = rules.opening("forget_named", sentence.spaced)
    return asked if asked and rules.opening("own_thing", sentence[asked:].spaced) else 0


def _without(rules: Grammar, name: str, sentence: Sentence) -> Sentence:
    while (count := rules.closing(name, sentence.spaced)) and count <= len(sentence):
        sentence = sentence[: len(sentence) - count]
    return sentence
