import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules import persona
from modules.messages import Dictionary, Pair, Tone
from modules.persona import Guard, instructions
from modules.persona.tone import ToneKeeper
from modules.text.region.places import place
from modules.tts import normalize

TONES: tuple[Tone, ...] = ("formal", "casual", "friendly")
FILE = Path(persona.__file__).with_name("rules") / "tone.toml"
RULES = tomllib.loads(FILE.read_text(encoding="utf-8"))
PHRASES = [word for rule in RULES["rule"] for word in rule["words"]]


@pytest.mark.parametrize(
    ("tone", "written", "given"),
    [
        ("formal", "Món này ngon lắm nè 😊!", "Món này ngon lắm!"),
        ("formal", "Haha, vui quá!", "Vui quá!"),
        ("formal", "Vui lắm, haha.", "Vui lắm."),
        ("formal", "Ok, em hiểu rồi ạ.", "Được, em hiểu rồi ạ."),
        ("formal", "Em ko biết ạ.", "Em không biết ạ."),
        ("formal", "Cái này xịn xò lắm luôn á.", "Cái này tốt lắm."),
        ("formal", "Trời ơi, đẹp quá!", "Đẹp quá!"),
        ("casual", "Kính thưa anh, em xin báo lại.", "Em xin báo lại."),
        ("casual", "Trân trọng.", ""),
        ("casual", "Xin vui lòng cho mình biết tên.", "Cho mình biết tên."),
        ("casual", "Bạn vui lòng chờ chút.", "Bạn chờ chút."),
        ("casual", "Em xin chân thành cảm ơn anh.", "Em cảm ơn anh."),
        ("friendly", "Rất hân hạnh được gặp bạn.", "Rất vui được gặp bạn."),
        ("friendly", "Vui quá 😊 chúc mừng nhé 🎉!", "Vui quá 😊 chúc mừng nhé!"),
        ("casual", "Vui quá 😊 chúc mừng nhé 🎉!", "Vui quá 😊 chúc mừng nhé 🎉!"),
    ],
)
def test_what_does_not_suit_a_tone_is_left_out_or_said_otherwise(
    tone: Tone, written: str, given: str
) -> None:
    assert ToneKeeper(tone).fit(written) == given


@pytest.mark.parametrize(
    ("tone", "text"),
    [
        ("formal", "Nó bảo “ok, hihi” rồi đi."),
        ("formal", "Em đọc cuốn Trời ơi của nhà văn ấy."),
        ("formal", "Anh Nè là bạn của Á."),
        ("casual", "Em muốn làm vui lòng mẹ."),
        ("casual", "Thái độ trân trọng quá khứ rất quý."),
        ("friendly", "Ok, haha, vui ghê nè!"),
        ("casual", "Ok, haha, vui ghê nè!"),
        ("friendly", "Anh giải phương trình x = 3) giúp em."),
    ],
)
def test_quotations_names_and_what_suits_stay(tone: Tone, text: str) -> None:
    keeper = ToneKeeper(tone)
    masked = [(text.index("“"), text.index("”"))] if "“" in text else []
    assert keeper.fit(text, masked) == text


def test_a_formal_answer_shows_no_face_and_no_face_is_ever_spoken() -> None:
    text = "Chúc mừng anh 🎉! Vui quá :) Em mừng cho anh ❤️."
    formal, friendly = (Guard(Pair("em", "anh"), "north", tone) for tone in ("formal", "friendly"))
    shown = "".join([*formal.push(text), *formal.finish()])
    assert "🎉" not in shown
    assert ":)" not in shown
    shown = "".join([*friendly.push(text), *friendly.finish()])
    assert "🎉" in shown
    assert "❤" not in shown  # one face an answer
    spoken = normalize(shown, "north")
    assert "🎉" not in spoken
    assert spoken.startswith(("dạ, chúc mừng anh", "chúc mừng anh"))


def test_a_clause_that_goes_lets_the_next_one_begin_with_a_capital() -> None:
    guard = Guard(Pair("mình", "bạn"), "north", "casual")
    given = [*guard.push("Kính thưa quý anh chị, mình xin báo tin vui."), *guard.finish()]
    assert given == ["Mình xin báo tin vui."]


def test_an_answer_that_is_nothing_else_is_still_an_answer() -> None:
    guard = Guard(Pair("em", "anh"), "north", "formal")
    assert [*guard.push("Haha!"), *guard.finish()] == ["Haha!"]


def test_somebodys_own_way_of_writing_keeps_its_slang() -> None:
    guard = Guard(Pair("em", "anh"), None, "formal")
    assert [*guard.push("Ok nè 😊 hihi."), *guard.finish()] == ["Ok nè 😊 hihi."]


def test_every_tone_tells_a_model_what_it_is_like() -> None:
    said = {}
    for tone in TONES:
        prompt = instructions(persona.check_persona({"tone": tone}), None, Pair("em", "anh"))
        said[tone] = prompt
        assert "biểu tượng cảm xúc" in prompt
    assert len(set(said.values())) == 3
    assert "không tiếng lóng" in said["formal"]


def test_the_rules_are_well_formed() -> None:
    assert set(RULES) == {"emoji", "rule"}
    assert set(RULES["emoji"]["most"]) == set(TONES)
    for rule in RULES["rule"]:
        assert set(rule) <= {"tones", "words", "say", "where", "with_term"}
        assert set(rule["tones"]) <= set(TONES)
        assert all(word == word.lower().strip() for word in rule["words"])
        for pattern in rule.get("where", ["_"]):
            place(pattern)


wild = st.text(max_size=60) | st.lists(st.sampled_from([*PHRASES, ",", ".", "😊", "Anh"])).map(
    " ".join
)


@given(wild, st.sampled_from(TONES))
def test_any_text_is_taken(text: str, tone: Tone) -> None:
    guard = Guard(Pair("em", "anh"), "south", tone, Dictionary(never=(("ok", "được"),)))
    given = [*guard.push(text), *guard.finish()]
    assert all(given)
    assert bool(given) or not text.strip() or not any(map(str.isprintable, text))
