"""Words in pictures: Vietnamese complete, lines that fit."""

import itertools
import unicodedata

import numpy as np
import pytest
import skia
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.media import lettering
from modules.media.captions import _split, screens
from modules.messages import Caption, CaptionWord

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")


def test_every_vietnamese_letter_and_the_marks_of_writing_are_in_the_typeface():
    letters = [
        unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES
    ] + list("bcdđghklmnpqrstvxfjwz0123456789.,;:!?…“”‘’\"'()-–—/%₫&@#+*=")
    own = lettering._typeface()
    for letter in {*letters, *(each.upper() for each in letters)}:
        assert own.unicharToGlyph(ord(letter)), letter


def test_the_licence_of_the_typeface_lies_beside_it():
    text = (lettering._FILE.parent / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert lettering._FILE.stat().st_size < 100_000


def test_text_is_drawn_where_it_is_said_to_be():
    pixels = np.zeros((80, 400, 4), np.uint8)
    canvas = skia.Surface(pixels, colorType=skia.kBGRA_8888_ColorType).getCanvas()
    lettering.draw(canvas, "Nghiêng", 20, 50, 36, skia.Paint(Color=skia.ColorWHITE))
    columns = np.nonzero(pixels[..., 0].max(axis=0) > 100)[0]
    assert 20 <= columns[0] <= 26
    assert columns[-1] == pytest.approx(20 + lettering.width("Nghiêng", 36), abs=4)


words = st.lists(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=60))


@settings(max_examples=40, deadline=None)
@given(words)
def test_no_line_is_wider_than_its_room_whatever_the_words(given_words):
    for line in lettering.broken(given_words, 36, 300):
        assert line.width <= 300.5
        assert len(line.words) == len(line.starts)


def test_lines_are_about_equally_long():
    sentence = "Hôm nay trời đẹp lắm bạn ơi đi chơi nhé"
    lines = lettering.broken(sentence.split(), 36, 600)
    assert len(lines) == 2
    assert min(line.width for line in lines) > 0.6 * max(line.width for line in lines)


def caption(text, clause=0, start=0.0):
    spoken = [
        CaptionWord(word, start + 0.3 * k, start + 0.3 * k + 0.25)
        for k, word in enumerate(text.split())
    ]
    return Caption(1, clause, tuple(spoken))


def test_a_long_clause_turns_into_screens_of_two_lines_with_all_its_words_in_order():
    text = "Ngày xưa có một cô bé sống bên bờ sông sáng nào cô cũng ra bến chờ đò " * 2
    shown = screens([caption(text)])
    assert len(shown) > 1
    assert all(len(screen.lines) <= 2 for screen in shown)
    said = [word for screen in shown for line in screen.lines for word in line.words]
    assert said == text.split()
    begins = [begin for screen in shown for begin in screen.begins]
    assert begins == pytest.approx([0.3 * k for k in range(len(said))])
    for screen, following in itertools.pairwise(shown):
        assert screen.end_s <= following.start_s


def test_the_pieces_of_a_clause_are_one_screen_and_another_clause_is_another():
    first, second = caption("Chào bạn,"), caption("khỏe không?", start=0.7)
    shown = screens([first, second, caption("Mình đây.", clause=1, start=3.0)])
    assert [[w for line in s.lines for w in line.words] for s in shown] == [
        ["Chào", "bạn,", "khỏe", "không?"],
        ["Mình", "đây."],
    ]


def test_no_words_are_no_screens():
    assert screens([]) == []
    assert list(_split([], 500)) == []
