import pytest

from modules.messages import Pair, Persona, User
from modules.persona import (
    PAIRS,
    Facts,
    Sources,
    Terms,
    address,
    choose_pair,
    greeting,
    infer,
    preview,
)
from modules.persona.reciprocity import complete, reciprocal
from modules.persona.terms import TERMS, written

NEUTRAL = Facts()


@pytest.mark.parametrize(
    ("user_self", "addressee", "mine", "yours"),
    [
        ("em", "chị", "chị", "em"),
        ("cháu", "ông nội", "ông nội", "cháu"),
        ("con", "má", "má", "con"),
        ("tôi", "bạn", "tôi", "bạn"),
        ("mình", "bạn", "mình", "bạn"),
        ("tớ", "cậu", "tớ", "cậu"),
        ("tui", "bạn", "tui", "bạn"),
        ("tao", "mày", "mình", "bạn"),
        ("em", "shop", "em", "em"),
        ("chị", "cưng", "em", "chị"),
        ("em", None, None, "em"),
        (None, "cậu", "tớ", "cậu"),
        ("cháu", "cậu", "cậu", "cháu"),
        (None, "chị", "chị", None),
        ("tôi", None, None, None),
        (None, "bạn", None, None),
        ("tôi", "em", "em", None),
        ("tôi", "chị", "tôi", None),
    ],
)
def test_the_terms_of_both_are_returned(
    user_self: str | None, addressee: str | None, mine: str | None, yours: str | None
) -> None:
    assert reciprocal(user_self, addressee, NEUTRAL) == Terms(mine, yours)


def test_a_neutral_i_is_answered_by_the_gender_of_the_user() -> None:
    assert reciprocal("tôi", "ông", Facts(user_gender="female")) == Terms("tôi", "bà")
    assert reciprocal("tôi", "em", Facts(user_gender="male")) == Terms("em", "anh")


def test_a_persona_that_speaks_so_itself_may_stay_rude() -> None:
    assert reciprocal("tao", "mày", Facts(rude=True)) == Terms("tao", "mày")


@pytest.mark.parametrize(
    ("user_term", "gender", "age", "user_age", "mine"),
    [
        ("em", "female", None, None, "chị"),
        ("em", "male", None, None, "anh"),
        ("em", "other", None, None, "mình"),
        ("em", None, None, None, "mình"),
        ("cháu", "female", 30, None, "cô"),
        ("cháu", "male", 30, 8, "chú"),
        ("cháu", "male", 50, 18, "bác"),
        ("con", "female", 70, None, "bà"),
        ("cháu", "male", 66, 10, "ông"),
        ("cháu", None, None, None, "bác"),
    ],
)
def test_gender_and_ages_decide_for_a_junior_user(
    user_term: str, gender: str | None, age: int | None, user_age: int | None, mine: str
) -> None:
    facts = Facts(assistant_gender=gender, assistant_age=age, user_age=user_age)  # type: ignore[arg-type]
    assert complete(Terms(None, user_term), facts, Pair()) == Pair(mine, user_term)


@pytest.mark.parametrize(
    ("assistant_self", "facts", "user_term"),
    [
        ("chị", Facts(), "em"),
        ("cô", Facts(), "cháu"),
        ("cô", Facts(region="south"), "con"),
        ("mẹ", Facts(), "con"),
        ("em", Facts(user_gender="female"), "chị"),
        ("em", Facts(), "anh chị"),
        ("em", Facts(user_gender="other"), "anh chị"),
        ("cháu", Facts(), "bác"),
        ("cháu", Facts(user_gender="male", user_age=70), "ông"),
        ("tớ", Facts(), "cậu"),
    ],
)
def test_the_user_is_called_what_fits_the_assistant(
    assistant_self: str, facts: Facts, user_term: str
) -> None:
    assert complete(Terms(assistant_self, None), facts, Pair()).user_term == user_term


def test_sources_decide_in_their_order() -> None:
    everything = Sources(
        wish=Terms("em", "chị"),
        given=Terms("anh", "em"),
        detected=Terms("cô", "cháu"),
        stored=Terms("con", "má"),
        card=Terms("tớ", "cậu"),
    )
    order = ("wish", "given", "detected", "stored", "card")
    for place, reason in enumerate(order):
        left = Sources(**{name: getattr(everything, name) for name in order[place:]})
        pair, why = choose_pair(left)
        assert why == reason
        assert Terms(pair.assistant_self, pair.user_term) == getattr(everything, reason)
    assert choose_pair(Sources()) == (Pair("mình", "bạn"), "default")


def test_a_lower_source_adds_its_half_only_where_it_fits() -> None:
    fits = Sources(given=Terms("chị", None), detected=Terms("cô", "em"))
    assert choose_pair(fits)[0] == Pair("chị", "em")
    does_not = Sources(given=Terms("chị", None), detected=Terms("cô", "cháu"))
    assert choose_pair(does_not)[0] == Pair("chị", "em")


def test_the_panel_has_no_pair_twice_and_only_known_terms() -> None:
    pairs = [choice.pair for choice in PAIRS]
    assert len(set(pairs)) == len(pairs)
    assert {term for pair in pairs for term in (pair.assistant_self, pair.user_term)} <= set(TERMS)


@pytest.mark.parametrize("choice", PAIRS, ids=lambda choice: str(choice.pair))
def test_every_pair_of_the_panel_can_be_reached_by_speaking(choice) -> None:  # type: ignore[no-untyped-def]
    """By a wish where the user says so, and else by the user's own words."""
    pair = choice.pair
    mine, yours = written(pair.assistant_self), written(pair.user_term)
    wished = f"Xưng {mine} gọi {yours} nhé."
    assert address(wished)["pair"] == {
        "assistant_self": pair.assistant_self,
        "user_term": pair.user_term,
    }
    user = TERMS[pair.user_term]
    # Nobody can be heard to call themselves quý khách, or chồng, or in the North a friend (cậu).
    if TERMS[pair.assistant_self].role == "both" and user.role == "both" and not user.called:
        heard = address(f"{mine} ơi, {yours} mệt quá.")
        assert heard["pair"] == address(wished)["pair"]


def test_the_formal_pairs_follow_from_tôi_and_the_gender_of_the_user() -> None:
    for gender, anh, ông in (("male", "anh", "ông"), ("female", "chị", "bà")):
        user = User(gender=gender)  # type: ignore[arg-type]
        assert address("Thưa anh, tôi cần hỏi.", None, user)["user_term"] == anh
        assert address("Thưa bà, tôi cần hỏi.", None, user)["user_term"] == ông


@pytest.mark.parametrize("choice", PAIRS, ids=lambda choice: str(choice.pair))
def test_a_preview_is_said_in_its_own_pair(choice) -> None:  # type: ignore[no-untyped-def]
    for tone in ("formal", "casual", "friendly"):
        for region in ("north", "central", "south"):
            sentence = preview(choice.pair, tone, region)  # type: ignore[arg-type]
            assert written(choice.pair.assistant_self).lower() in sentence.lower()
            assert choice.pair.user_term in sentence.lower()
            assert "{" not in sentence


def test_a_preview_heard_as_the_assistants_words_tells_its_own_pair() -> None:
    for choice in PAIRS:
        said = infer(preview(choice.pair, "formal", "north"))
        if TERMS[choice.pair.assistant_self].role == "both":
            # "anh cả" in the middle of a sentence may as well be "even you".
            assert choice.pair.assistant_self.startswith(said.user_self or "")


def test_gender_tells_the_other_half_only_where_it_is_known() -> None:
    assert address("Em mệt quá.")["assistant_self"] is None
    assert address("Em mệt quá.", Persona(gender="male"))["assistant_self"] == "anh"
    assert address("Em là ai?")["user_term"] is None
    assert address("Em là ai?", None, User(gender="female"))["user_term"] == "chị"
    assert address("Anh là ai?", None, User(gender="female"))["user_term"] is None


@pytest.mark.parametrize(
    ("pair", "name", "words"),
    [
        (Pair("em", "anh"), "Linh", "Dạ, em chào anh ạ. Em tên là Linh, em nghe anh đây."),
        (Pair("bà", "con"), "Bà Sáu", "Chào con, bà Sáu đây. Hôm nay con có chuyện gì vui không?"),
        (Pair("chị", "em"), "Linh", "Chào em, chị Linh đây. Hôm nay em có chuyện gì vui không?"),
    ],
)
def test_an_assistant_introduces_itself_in_the_pair(pair: Pair, name: str, words: str) -> None:
    assert greeting(pair, name) == words


TABLE = """tôi bạn|tôi anh|tôi chị|mình bạn|tui bạn|tớ cậu|tui bà|tui ông|em anh|anh em
em chị|chị em|em o|cháu chú|con chú|chú cháu|chú con|cháu cô|con o|con cô
con dì|cô cháu|cô con|cháu bác|con bác|bác cháu|bác con|cháu ông|cháu bà|con ông
con bà|cháu ôn|cháu mệ|ông cháu|bà cháu|ông con|bà con|cháu cụ|con cụ|con cố
con bố|bố con|con ba|con bọ|con tía|ba con|con mẹ|con u|con bầm
con mạ|con má|mẹ con|má con|cháu thím|con thím|thím cháu|thím con|con dượng
dượng con|cháu cậu|con cậu|con mợ|con mự|cậu cháu|cậu con|mợ con|cháu dì|dì cháu
dì con|em anh_cả|em ả|em anh_hai|em chị_ba|mình mình|tui mình|em ông_xã|em thầy|con thầy
em cô|thầy em|cô em|thầy con|em sếp|em quý_khách|tôi quý_khách|tôi ông|tôi bà
tôi đồng_chí""".replace("\n", "|").split("|")
"""The pairs of the usage manuals, the assistant's own term first."""
LEFT_OUT = ["tao mày", "tau mi", "con anh", "con chị", "đồng_chí đồng_chí", "con đẻ"]


@pytest.mark.parametrize("spelled", TABLE)
def test_every_pair_of_the_usage_manuals_is_in_the_panel_and_can_be_wished_for(
    spelled: str,
) -> None:
    mine, yours = (part.replace("_", " ") for part in spelled.split())
    assert Pair(mine, yours) in {choice.pair for choice in PAIRS}
    wished = address(f"Xưng {written(mine)} gọi {written(yours)} nhé.")
    assert wished["pair"] == {"assistant_self": mine, "user_term": yours}


@pytest.mark.parametrize("spelled", LEFT_OUT)
def test_some_pairs_are_left_out_of_the_panel(spelled: str) -> None:
    mine, yours = (part.replace("_", " ") for part in spelled.split())
    assert Pair(mine, yours) not in {choice.pair for choice in PAIRS}


@pytest.mark.parametrize(
    ("said", "mine", "yours"),
    [
        ("mình ơi, cơm xong chưa, em đói rồi", "mình", "em"),
        ("minh oi em doi bung qua", "mình", "em"),
        ("mình ơi anh về rồi", "mình", "anh"),
        ("mình ơi tui về rồi nè", "tui", "mình"),
        ("Chào đồng chí, tôi là Nam.", "tôi", "đồng chí"),
        ("Đồng chí ơi.", "tôi", "đồng chí"),
    ],
)
def test_spouses_and_officers_are_heard(said: str, mine: str, yours: str) -> None:
    assert address(said)["pair"] == {"assistant_self": mine, "user_term": yours}


def test_a_staff_s_con_before_anh_is_followed_where_it_is_wished_for() -> None:
    pair = address("Xưng con gọi anh nhé.")["pair"]
    assert pair == {"assistant_self": "con", "user_term": "anh"}
