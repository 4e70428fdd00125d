"""What is worth remembering of what a user said. The rules are data: `facts.toml`.

Precision comes first: a wrong memory is worse than none. What is kept is the sentence as it was
said, without the request to keep it, greetings and particles.
"""

from __future__ import annotations

from modules.memory.records import MAX_TEXT
from modules.memory.rules import Grammar, Rule, grammar
from modules.memory.secret import secret_in
from modules.memory.statements import Sentence, sentences

_FEWEST = 2
"""Words of the shortest fact."""
LONGEST = 60
"""Words of the longest sentence that is looked at: past it nobody states one thing."""


def facts_in(utterance: str) -> list[str]:
    """Return the sentences of an utterance that are worth remembering, as they were said.

    Any string is allowed; most give an empty list. Secrets are never among them.
    """
    found: dict[str, None] = {}
    for sentence in sentences(utterance):
        if len(sentence) > LONGEST:
            continue
        rules = grammar(bare=sentence.bare)
        if rules.find("joke", sentence.spaced):
            return []
        if rules.opening("task", _opened(rules, sentence).spaced):
            break
        fact = _fact(rules, sentence)
        if fact:
            found[fact] = None
    return list(found)


def kinds_of(statement: str) -> tuple[set[str], bool]:
    """Return which single-valued things ("name", "age", "origin", "home") a statement tells of
    oneself as they are now, and whether it tells nothing else.
    """
    kinds: set[str] = set()
    alone = True
    for sentence in sentences(statement):
        if len(sentence) > LONGEST:
            return set(), False
        rules = grammar(bare=sentence.bare)
        for clause in _opened(rules, sentence).clauses():
            rule = None if _is_question(rules, clause) else _rule(rules, clause)
            if rule and rule.single and not rules.find("not_now", clause.spaced):
                kinds.add(rule.kind)
            else:
                alone = False
    return kinds, alone and bool(kinds)


def _fact(rules: Grammar, sentence: Sentence) -> str:
    if secret_in(sentence.text):
        return ""
    spoken = _closed(rules, _opened(rules, sentence))
    request = rules.opening("request", spoken.spaced)
    kept = _requested(rules, spoken, request) if request else _stated(rules, spoken)
    if kept is None or len(kept) < _FEWEST or len(kept.original) > MAX_TEXT:
        return ""
    return kept.original


def _requested(rules: Grammar, spoken: Sentence, request: int) -> Sentence | None:
    # "Nhớ giúp mình là ...": whatever it is, unless it is a question or something to be done.
    matter = _opened(rules, spoken[request:])
    if (
        not matter
        or matter.asked
        or any(_is_question(rules, clause) for clause in matter.clauses())
    ):
        return None
    helped = rules.find("helped", spoken[:request].spaced)
    if helped and not rules.opening("errand", matter.spaced):
        return matter
    return matter if rules.opening("own_matter", matter.spaced) == len(matter) else None


def _stated(rules: Grammar, sentence: Sentence) -> Sentence | None:
    if rules.find("hypothetical", sentence.spaced):
        return None
    clauses = sentence.clauses()
    asked = [_is_question(rules, clause) for clause in clauses]
    if sentence.asked and asked:
        asked[-1] = True
    # A question behind or before the statement is left out; one in its middle spoils it.
    while clauses and (asked[-1] or _is_request(rules, clauses[-1])):
        clauses.pop()
        asked.pop()
    while clauses and (asked[0] or _is_mood(rules, clauses[0])):
        del clauses[0], asked[0]
    if not clauses or any(asked) or not any(_states(rules, clause) for clause in clauses):
        return None
    skipped = next(
        place for place, token in enumerate(sentence.tokens) if token == clauses[0].tokens[0]
    )
    return _closed(rules, sentence[skipped : skipped + sum(len(clause) for clause in clauses)])


def _states(rules: Grammar, clause: Sentence) -> bool:
    spaced = clause.spaced
    if rules.find("right_now", spaced):
        return False
    if rules.may_be_addressee(spaced) and rules.closing("praise_or_order", spaced):
        return False
    return _rule(rules, clause) is not None


def _rule(rules: Grammar, clause: Sentence) -> Rule | None:
    said = clause.words
    found = rules.rule(said, inner=False)
    if found:
        return found
    for place in range(1, len(said)):
        if rules.closing("boundary", said[place - 1]):
            found = rules.rule(said[place:], inner=True)
            if found:
                return found
    return None


def _is_question(rules: Grammar, clause: Sentence) -> bool:
    spaced = clause.spaced
    if rules.find("no_question", spaced):
        return False
    return rules.find("question", spaced) or rules.closing("question_end", spaced) > 0


def _is_request(rules: Grammar, clause: Sentence) -> bool:
    spaced = clause.spaced
    asks = rules.opening("request_start", spaced) or rules.closing("request_end", spaced)
    return bool(asks) and _rule(rules, clause) is None


def _is_mood(rules: Grammar, clause: Sentence) -> bool:
    return rules.closing("mood", clause.spaced) > 0 and not _states(rules, clause)


def _opened(rules: Grammar, sentence: Sentence) -> Sentence:
    while (count := rules.opening("opening", sentence.spaced)) and count < len(sentence):
        sentence = sentence[count:]
    return sentence


def _closed(rules: Grammar, sentence: Sentence) -> Sentence:
    while (count := _closing(rules, sentence)) and count < len(sentence):
        sentence = sentence[: len(sentence) - count]
    return sentence


def _closing(rules: Grammar, sentence: Sentence) -> int:
    called = 1 if rules.closing("call", sentence.spaced) else 0
    return rules.closing("closing", sentence.spaced) or called
