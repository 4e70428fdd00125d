"""What of a sentence that is still being said can be believed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modules.asr import Agreement, Partial


def follow(*texts: str) -> list[Partial]:
    agreement = Agreement()
    return [agreement.take(text) for text in texts]


def test_one_result_alone_is_not_believed() -> None:
    assert follow("hôm nay") == [Partial("", "hôm nay")]


def test_what_two_results_begin_with_alike_is_firm() -> None:
    found = follow("hôm nay trời", "hôm nay chời đẹp", "hôm nay trời đẹp quá", "hôm nay trời đẹp")
    assert found[1:] == [
        Partial("hôm nay", "chời đẹp"),
        Partial("hôm nay", "trời đẹp quá"),
        Partial("hôm nay trời đẹp", ""),
    ]


def test_what_was_firm_stays_though_a_later_result_says_otherwise() -> None:
    found = follow(
        "con muốn kể", "con muốn kể cho", "còn muốn kể cho bà", "còn muốn kể cho bà nghe"
    )
    assert found[1] == Partial("con muốn kể", "cho")
    assert [each.firm for each in found[1:]] == ["con muốn kể"] * 3
    assert found[3].light == "cho bà nghe"


def test_a_result_of_nothing_takes_nothing_back() -> None:
    assert follow("dạ", "dạ", "")[-1] == Partial("dạ", "")


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), max_size=6), max_size=8))
def test_firm_words_only_ever_grow(results: list[list[str]]) -> None:
    agreement, before = Agreement(), ""
    for words in results:
        shown = agreement.take(" ".join(words))
        assert f"{shown.firm} ".startswith(f"{before} ".lstrip())
        before = shown.firm
