"""The catalogue of sentences: complete in both languages, and for everything that can be raised."""

import ast
import re
import string
from pathlib import Path

import pytest

from modules import errors
from modules.text.catalogue import choose_language, sentences, tell

MODULES = Path(errors.__file__).parent
KINDS = {
    name: made.kind
    for name, made in vars(errors).items()
    if isinstance(made, type) and issubclass(made, errors.GuongError)
}


def parameters(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def raised():
    """Yield (code, parameter names) of every error and notice with a literal code."""
    for path in MODULES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in KINDS and node.args and isinstance(node.args[0], ast.Constant):
                given = {keyword.arg for keyword in node.keywords}
                yield f"{KINDS[name]}.{node.args[0].value}", given
            if name == "Notice" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                yield f"notice.{node.args[1].value}", None


def used():
    """Return the codes that Python and JavaScript look up by name."""
    found = set()
    for path in (*MODULES.rglob("*.py"), *MODULES.rglob("*.js")):
        text = path.read_text()
        found |= set(re.findall(r'tell\([^"()]*"([a-z_.]+)"', text))
        found |= set(re.findall(r'first\(\w+="([a-z_.]+)"', text))
        found |= set(re.findall(r'data-(?:text|title)="([a-z_.]+)"', text))
        found |= set(re.findall(r'"(microphone\.[a-z_]+)"', text))
    return {code for code in found if "." in code and not code.endswith(".js")}


def test_both_languages_say_the_same_things_with_the_same_parameters():
    vietnamese, english = sentences("vi"), sentences("en")
    assert set(vietnamese) == set(english)
    for code, sentence in vietnamese.items():
        assert parameters(sentence) == parameters(english[code]), code


@pytest.mark.parametrize(("code", "given"), sorted(raised(), key=lambda found: found[0]))
def test_every_error_and_notice_has_a_sentence_that_it_can_fill(code, given):
    assert code in sentences("vi")
    if given is not None and None not in given:
        assert parameters(sentences("vi")[code]) <= given


def test_the_scan_finds_what_it_should():
    assert len({code for code, _ in raised()}) > 80
    assert len(used()) > 60


@pytest.mark.parametrize("code", sorted(used()))
def test_every_text_that_the_page_asks_for_exists(code):
    assert code in sentences("vi")


def test_vietnamese_sentences_are_vietnamese():
    marks = set("ăâđêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵấầẩẫậắằẳẵặếềểễệốồổỗộớờởỡợứừửữự")
    plain = [
        code
        for code, sentence in sentences("vi").items()
        if len(sentence.split()) > 3 and not marks & set(sentence.lower())
    ]
    assert plain == []


def test_a_code_without_a_sentence_is_shown_as_it_is():
    assert tell("vi", "no.such.code") == "no.such.code"


def test_a_missing_parameter_does_not_hide_the_sentence():
    assert "…" in tell("en", "at_capacity.turns")


def test_reasons_are_translated_within_a_sentence():
    told = tell("vi", "notice.demoted", engine="a", next="b", why="engine_timeout.slow")
    assert "quá lâu" in told


@pytest.mark.parametrize(
    ("wishes", "language"),
    [(("en-GB",), "en"), (("", "vi-VN"), "vi"), (("fr", "en_US"), "en"), (("xx", ""), "vi")],
)
def test_the_first_language_that_is_spoken_here_is_taken(wishes, language):
    assert choose_language(*wishes) == language
