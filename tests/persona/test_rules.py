"""The tables that a linguist edits: that they are well formed, and agree with each other."""

import subprocess
import sys
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import modules.persona
import modules.text
from modules.messages import EMOTIONS
from modules.persona.marks import COUNTS
from modules.persona.reading import Token, read
from modules.persona.terms import TERMS, agree
from modules.persona.votes import WEIGHTS

RULES = Path(modules.persona.__file__).with_name("rules")
TABLES = sorted(RULES.glob("*.toml"))


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((RULES / f"{name}.toml").read_text(encoding="utf-8"))


def lists(value: object) -> list[list[Any]]:
    if isinstance(value, dict):
        return [found for each in value.values() for found in lists(each)]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [value]
    return [found for each in value for found in lists(each)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", [*TABLES, RULES / "names.txt"], ids=lambda path: path.name)
def test_rules_are_nfc(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_no_list_holds_an_entry_twice_or_an_empty_one(path: Path) -> None:
    for entries in lists(tomllib.loads(path.read_text(encoding="utf-8"))):
        assert len(set(entries)) == len(entries), sorted(entries)
        assert all(entry == " ".join(entry.split()) != "" for entry in entries if "\n" not in entry)


def test_every_class_of_a_term_meets_some_other_or_is_met() -> None:
    data = load("terms")
    known = {each for entry in data["terms"].values() for each in entry["classes"]}
    assert set(data["agree"]) <= known
    assert {each for theirs in data["agree"].values() for each in theirs} <= known


@pytest.mark.parametrize("term", TERMS.values(), ids=lambda term: str(term.name))
def test_a_term_is_well_described(term) -> None:  # type: ignore[no-untyped-def]
    assert term.role in ("self", "addressee", "both")
    assert not term.spoken or term.spoken in TERMS
    assert term.back in ("", "child", *TERMS)
    if term.back and term.role != "self" and term.back != "child":
        assert agree(term.back, term.name)


def test_every_rule_that_votes_has_a_weight() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in RULES.parent.glob("*.py"))
    for rule in WEIGHTS:
        stem = rule.rpartition("_")[0]
        assert f'"{rule}"' in sources or f'f"{stem}_{{act}}"' in sources, rule


def test_callable_phrases_and_pair_tables_name_known_terms() -> None:
    assert set(load("traps")["callable"].values()) <= set(TERMS)
    pairs = load("pairs")
    spelled = [
        *pairs["alone"].values(),
        *(pair for each in pairs["relations"].values() for pair in each),
    ]
    for pair in spelled:
        assert all(part.replace("_", " ") in TERMS for part in pair.split())


def test_every_mood_and_rank_has_its_words() -> None:
    prompt = load("prompt")
    assert set(prompt["mood"]) == set(EMOTIONS)
    for exemplar in prompt["exemplar"]:
        assert {"asked", "junior", "senior", "peer"} == set(exemplar)
    assert set(load("pairs")["preview"]) == {"junior", "senior", "peer", "particles"}


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("c ơi ship cho e vs", "chị ơi ship cho em với"),
        ("e chao chi a", "em chào chị ạ"),
        ("a oi e dang o nha", "anh ơi em đang ở nhà"),
        ("size M màu a", "size m màu ạ"),
        ("toi nay toi di choi", "tối nay tôi đi chơi"),
        ("Hello, how are you?", "hello , how are you ?"),
        ("co oi co co nha khong", "cô ơi cô có nhà không"),
    ],
)
def test_hurried_spelling_is_read(typed: str, forms: str) -> None:
    assert " ".join(token.form for token in read(typed)) == forms


def test_tokens_keep_their_places() -> None:
    text = "Chị ơi, xem https://a.vn/b?c=1. Giá 1.250.000 nhé!"
    tokens: list[Token] = read(text)
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]
    assert "https://a.vn/b?c=1" in [token.text for token in tokens]
    assert "1.250.000" in [token.text for token in tokens]


def test_importing_the_stage_brings_no_heavy_library() -> None:
    code = "import sys, modules.persona, modules.text; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "transformers", "chromadb", "cv2", "skia", "underthesea", "gradio", "scipy"}
    assert heavy.isdisjoint(names.stdout.split())


def test_the_counts_of_neighbours_are_words_with_numbers() -> None:
    rows = COUNTS.read_text(encoding="utf-8").splitlines()
    assert len(rows) > 5000
    for row in rows:
        before, *after = row.split("\t")
        assert 1 <= len(before.split(" ")) <= 2
        assert after
        for entry in after:
            count, word = entry.split(" ")
            assert int(count) >= 1
            assert word


def test_what_was_written_for_counting_is_marked_and_composed() -> None:
    text = (RULES / "said.txt").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert len(text.split()) > 5000


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("ban con nho minh ten gi khong", "bạn còn nhớ mình tên gì không"),
        ("con meo cua toi bi om", "con mèo của tôi bị ốm"),
        ("thay oi em khong thay bai", "thầy ơi em không thấy bài"),
        ("em dang ban hop", "em đang bận họp"),
        ("chau hat cho ba nghe", "cháu hát cho bà nghe"),
        ("ba gio chieu", "ba giờ chiều"),
        ("me cho con an sang voi a", "mẹ cho con ăn sáng với ạ"),
    ],
)
def test_words_without_marks_are_read_by_their_neighbours(typed: str, marked: str) -> None:
    assert " ".join(token.form for token in read(typed)) == marked


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("chị iuuu ơiiii", "chị yêu ơi"),
        ("a bn tuổi r ạ", "anh bao nhiêu tuổi rồi ạ"),
        ("bn ơi", "bạn ơi"),
    ],
)
def test_drawn_out_letters_and_short_amounts_are_read(typed: str, forms: str) -> None:
    assert " ".join(token.form for token in read(typed)) == forms
