"""What a language model reads of its own earlier lines once the pair has changed."""

import asyncio

import pytest

from modules import persona
from modules.llm.prompt import messages_of
from modules.messages import Line, Pair, TextDelta
from tests.conversation.test_session import app_with, collect
from tests.scripted import Scripted

OWNER = "ab" * 16


def opened(path, *answers):
    """Return a session whose language model says these, and the requests that it was given."""
    asked, left = [], list(answers)

    async def play(turn, request):
        asked.append(request)
        yield TextDelta(request.reply, left.pop(0))

    app = app_with(path, Scripted("llm", "llm", play))
    return app.open_session("page:1", OWNER, live=True), asked


def own_lines(request):
    return [each["content"] for each in messages_of(request) if each["role"] == "assistant"]


def test_a_wish_in_mid_conversation_changes_what_a_model_reads_and_not_what_was_said(tmp_path):
    async def talk():
        first = "Mình nghĩ bạn nên nghỉ một lát. "
        session, asked = opened(tmp_path, first, "Em nghe anh đây ạ. ", "Vâng ạ. ")
        await collect(session, "Hôm nay trời nóng.", 1)
        await collect(session, "Từ giờ gọi anh là anh và xưng em nhé.", 2)
        assert session.address.pair == Pair("em", "anh")
        assert own_lines(asked[1]) == ["Em nghĩ anh nên nghỉ một lát."]
        session.address = persona.choose(session.address, Pair("cháu", "bác"))  # as the panel does
        await collect(session, "Trời nóng quá.", 3)
        kept = [line.text for line in session.history if line.role == "assistant"]
        assert kept[0] == first.strip()
        assert session.talk.exchanges[0].answer == first.strip()
        assert own_lines(asked[2]) == [
            "Cháu nghĩ bác nên nghỉ một lát.",
            kept[1].replace("em", "cháu").replace("Em", "Cháu").replace("anh", "bác"),
        ]

    asyncio.run(talk())


def test_taking_a_change_back_between_turns_counts_as_well(tmp_path):
    async def talk():
        session, asked = opened(tmp_path, "Mình hiểu bạn mà. ", "Em hiểu chị ạ. ", "Ừ. ")
        await collect(session, "Hôm nay trời nóng.", 1)
        session.address = persona.choose(session.address, Pair("em", "chị"))
        await collect(session, "Trời nóng quá.", 2)
        session.address = persona.undo(session.address)
        await collect(session, "Trời nóng thật.", 3)
        assert own_lines(asked[1]) == ["Em hiểu chị mà."]
        mine, second = own_lines(asked[2])
        assert mine == "Mình hiểu bạn mà."
        assert "chị" not in second
        assert "em" not in second.lower()

    asyncio.run(talk())


@pytest.mark.parametrize("old", ["anh chị", "sếp", "quý vị", "anh"])
def test_any_term_of_a_pair_is_rewritten(old):
    line = Line("assistant", f"Dạ, em chào {old} ạ. Em gửi {old} bài này ạ.", 4)
    (after,) = persona.rewrite_history([line], Pair("em", old), Pair("em", "chị"))
    assert after.text == "Dạ, em chào chị ạ. Em gửi chị bài này ạ."
    assert after.reply == 4
