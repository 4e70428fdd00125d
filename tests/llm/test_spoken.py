"""Reasoning and markup never reach the voice, however the text was cut."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.llm.spoken import SpokenText


def spoken(*pieces: str) -> str:
    filtered = SpokenText()
    return "".join(filtered.push(piece) for piece in pieces) + filtered.finish()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Chào bạn!", "Chào bạn!"),
        ("<think>Xem nào.</think>Chào bạn!", "Chào bạn!"),
        ("<think>\n\n</think>\n\nChào bạn!", "Chào bạn!"),
        ("<THINKING a='1'>x</THINKING >Chào", "Chào"),
        ("◁think▷x◁/think▷Chào", "Chào"),
        ("Xong rồi.</think>Chào", "Xong rồi.Chào"),
        ("<think>không có hồi kết", ""),
        ("Chào<|im_end|>", "Chào"),
        ('<tool_call>{"name": "x"}</tool_call>Chào', "Chào"),
        ("Chào<br>bạn", "Chào\nbạn"),
        ('<b>Chào</b> <span style="x">bạn</span>', "Chào bạn"),
        ("a < b và c > d", "a < b và c > d"),
        ("a <b và c> d", "a <b và c> d"),
        ("thương <3", "thương <3"),
        ("**Chào** *bạn* ***nhé***", "Chào bạn nhé"),
        ("__Chào__ _bạn_", "Chào bạn"),
        ("2 * 3 = 6", "2 * 3 = 6"),
        ("tên_biến và tập_tin.txt", "tên_biến và tập_tin.txt"),
        ("# Tiêu đề\nChào", "Tiêu đề\nChào"),
        ("- một\n* hai\n+ ba\n1. bốn", "một\nhai\nba\n1. bốn"),
        ("-5 độ", "-5 độ"),
        ("> trích", "trích"),
        ("Một\n---\nHai", "Một\n\nHai"),
        ("Xem [ở đây](https://example.com/a?b=c) nhé", "Xem ở đây nhé"),
        ("![ảnh](x.png)", "ảnh"),
        ("[cười] vui quá", "[cười] vui quá"),
        ("Hay quá!", "Hay quá!"),
        ("Theo nguồn【1†source】.", "Theo nguồn."),
        ("gõ `print`", "gõ print"),
        ("```python\nprint(1)\n```\nxong", "\nprint(1)\n\nxong"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", "a, b\n\n1, 2\n"),
        ("a | b", "a | b"),
        (r"5\*3 \[x\]", "5*3 [x]"),
        ("~~bỏ~~ giữ ~5", "bỏ giữ ~5"),
        ("   Chào", "Chào"),
    ],
)
def test_what_is_written_becomes_what_is_said(written: str, said: str) -> None:
    assert spoken(written).strip("\n") == said.strip("\n")


MARKS = [
    "<",
    "think",
    ">",
    "</",
    "<think>",
    "</think>",
    "*",
    "**",
    "_",
    "`",
    "```",
    "\n",
    " ",
    "[",
    "](",
]
MARKS += [
    ")",
    "!",
    "|",
    "#",
    "-",
    "\\",
    "chào",
    "ế",
    "e\u0302\u0301",
    "\u0323",
    "1",
    "◁",
    "【",
    "】",
    "<br>",
    ".",
]
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(MARKS), max_size=30).map("".join))


@given(texts, st.lists(st.integers(0, 60), max_size=8))
def test_the_result_does_not_depend_on_how_the_text_was_cut(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert spoken(*pieces) == spoken(text) == spoken(*text)


@given(texts)
def test_what_is_said_is_nfc_without_reasoning(text: str) -> None:
    said = spoken("<think>" + text.replace("<", "") + "</think>" + text)
    assert said == unicodedata.normalize("NFC", said)
    assert "<think>" not in said


def test_plain_text_is_not_held_back_for_long() -> None:
    filtered = SpokenText()
    assert filtered.push("Chào bạn, hôm nay ") == "Chào bạn, hôm nay "
    assert filtered.push("thế nào") == "thế n"  # the last letters may still get a mark


def test_a_long_open_bracket_is_given_up() -> None:
    assert spoken("[" + "a" * 500) == "[" + "a" * 500


def test_long_answers_are_filtered_quickly_enough_to_stream() -> None:
    # Quadratic behaviour would take minutes here.
    filtered = SpokenText()
    for _ in range(20_000):
        filtered.push("chào bạn ")
    assert filtered.finish() == ""
