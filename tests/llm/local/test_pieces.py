"""No piece of an answer ends within a letter, wherever its tokens end."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.llm.local.pieces import Pieces
from modules.llm.local.tokenizer import ChatTokenizer
from tests.llm.local.tiny import save_llama, save_qwen

LETTERS = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ nhtcg.,?!\n"
TEXTS = st.text(st.sampled_from(LETTERS + LETTERS.upper() + "😀👩‍👧🇻🇳€"), max_size=60)


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ChatTokenizer]:
    root = tmp_path_factory.mktemp("tokenizers")
    return {
        "llama": ChatTokenizer(save_llama(root / "llama"), "llama2"),
        "qwen": ChatTokenizer(save_qwen(root / "qwen")),
    }


def pieces_of(tokenizer: ChatTokenizer, ids: list[int]) -> list[str]:
    pieces = Pieces(tokenizer.text)
    return [pieces.push(token) for token in ids]


@pytest.mark.parametrize("name", ["llama", "qwen"])
@settings(max_examples=150, deadline=None)
@given(text=TEXTS, form=st.sampled_from(["NFC", "NFD"]))
def test_the_pieces_of_any_text_make_the_text_and_none_has_half_a_letter(
    tokenizers: dict[str, ChatTokenizer], name: str, text: str, form: str
) -> None:
    tokenizer = tokenizers[name]
    text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    ids = tokenizer._tokenizer(text, add_special_tokens=False)["input_ids"]
    pieces = pieces_of(tokenizer, ids)
    assert not any("\ufffd" in piece for piece in pieces)
    assert "".join(pieces) == tokenizer.text(ids) == text
    # Every prefix that was given is a prefix of the text in whole letters.
    assert all(text.startswith("".join(pieces[: n + 1])) for n in range(len(pieces)))


@pytest.mark.parametrize("name", ["llama", "qwen"])
@settings(max_examples=100, deadline=None)
@given(text=TEXTS, cut=st.integers(0, 200))
def test_an_answer_that_ends_within_a_letter_ends_before_it(
    tokenizers: dict[str, ChatTokenizer], name: str, text: str, cut: int
) -> None:
    tokenizer = tokenizers[name]
    ids = tokenizer._tokenizer(text, add_special_tokens=False)["input_ids"][:cut]
    given_text = "".join(pieces_of(tokenizer, ids))
    assert "\ufffd" not in given_text
    assert text.startswith(given_text)


@pytest.mark.parametrize("name", ["llama", "qwen"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_tokens_that_spell_nothing_whole_never_show(
    tokenizers: dict[str, ChatTokenizer], name: str, data: st.DataObject
) -> None:
    tokenizer = tokenizers[name]
    ids = data.draw(st.lists(st.integers(3, tokenizer.size - 1), max_size=30))
    pieces = pieces_of(tokenizer, ids)
    assert not any("\ufffd" in piece for piece in pieces)


def test_text_is_not_held_back_longer_than_a_letter_takes(
    tokenizers: dict[str, ChatTokenizer],
) -> None:
    tokenizer = tokenizers["llama"]
    ids = tokenizer._tokenizer("Chào bạn, mình đây", add_special_tokens=False)["input_ids"]
    held = longest = 0
    for piece in pieces_of(tokenizer, ids):
        held = 0 if piece else held + 1
        longest = max(longest, held)
    assert longest == 2  # "ạ" is three bytes
    broken = [tokenizer._tokenizer.convert_tokens_to_ids("<0xE1>")] * 5
    word = tokenizer._tokenizer("nhé", add_special_tokens=False)["input_ids"]
    assert "".join(pieces_of(tokenizer, [*ids, *broken, *word])).endswith("đây nhé")
