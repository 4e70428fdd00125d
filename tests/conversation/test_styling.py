"""The user's style in a conversation: taken over, learned from, corrected, never in the way."""

import asyncio
import json
import pickle
import zipfile

from modules.conversation.belongings import write_export
from modules.conversation.session import Session
from modules.conversation.styling import Styles, last_sentence
from modules.memory.embedding import HashedEmbedding
from modules.messages import Line, Notice
from modules.persona.style import open_export
from tests.conversation.test_session import app_with, collect
from tests.scripted import Scripted
from tests.style.proof import messages

OWNER = "ab" * 16


def keeping(app):
    return Session(app, OWNER, app.memory_of(OWNER), live=False)


def hears(requests):
    """An llm that notes what it was asked."""

    async def play(request, _):
        from modules.messages import TextDelta

        requests.append(request)
        yield TextDelta(request.reply, "Được rồi.")

    return Scripted("llm", "llm", play)


def learned(app, tmp_path, name="bao"):
    path = tmp_path / "chat.txt"
    path.write_text("\n".join(messages(name)), "utf-8")
    app.styles.of(OWNER).learn(open_export(path))


def talk(app, *texts):
    async def run():
        session = keeping(app)
        notices = []
        for number, text in enumerate(texts, 1):
            told = await collect(session, text, number)
            notices += [message.code for message in told if isinstance(message, Notice)]
        return notices

    try:
        return asyncio.run(run())
    finally:
        app.memories.close()


def test_the_style_goes_to_the_companion_and_to_any_model(tmp_path):
    requests = []
    app = app_with(tmp_path / "data", hears(requests))
    learned(app, tmp_path)
    talk(app, "Hôm nay mưa to quá")
    (request,) = requests
    assert request.manner.region == "south"
    assert "“hông”" in request.instructions
    assert "một biểu tượng cảm xúc" not in request.instructions
    assert pickle.loads(pickle.dumps(request)) == request


def test_without_a_style_nothing_is_different(tmp_path):
    requests = []
    talk(app_with(tmp_path, hears(requests)), "Hôm nay mưa to quá")
    assert requests[0].manner is None
    assert "một biểu tượng cảm xúc" in requests[0].instructions


def test_a_phrase_said_three_times_is_in_the_prompt_of_the_fourth_turn(tmp_path):
    requests = []
    app = app_with(tmp_path, hears(requests))
    talk(app, "Ngon hết nước chấm", "Vui hết nước chấm", "Mê hết nước chấm luôn", "Ừ")
    assert "hết nước chấm" not in requests[2].instructions
    assert "hết nước chấm" in requests[3].instructions


def test_a_correction_is_noted_and_kept(tmp_path):
    app = app_with(tmp_path, hears([]))
    notices = talk(app, "Chào bạn", 'Đừng nói thế, nói là "ok luôn nha"')
    assert "style_noted" in notices
    (kept,) = app.styles.of(OWNER).profile().replacements
    assert (kept.old, kept.new) == ("Được rồi.", "ok luôn nha")


def test_a_style_that_cannot_be_read_does_not_fail_the_turn(tmp_path):
    requests = []
    app = app_with(tmp_path / "data", hears(requests))
    learned(app, tmp_path)
    (tmp_path / "data" / "users" / OWNER / "style" / "profile.json").write_text("{")
    notices = talk(app, "Chào bạn")
    assert "storage_failed.unreadable" in notices
    assert requests[0].manner is None


def test_somebody_without_a_key_leaves_nothing(tmp_path):
    app = app_with(tmp_path, hears([]))

    async def run():
        await collect(Session(app, OWNER, None, live=False), "Ngon hết nước chấm", 1)

    asyncio.run(run())
    assert app.styles.of(OWNER).files() == []


def test_the_style_is_exported_and_deleted_with_the_rest(tmp_path):
    app = app_with(tmp_path / "data", hears([]))
    talk(app, "Trời mưa to quá bạn ơi", "Mình đi ăn bún bò đây")
    with zipfile.ZipFile(write_export(app, OWNER, tmp_path / "mine.zip")) as archive:
        names = set(archive.namelist())
        profile = json.loads(archive.read("style/profile.json"))
    assert {"style/profile.json", "style/exemplars.jsonl", "style/sft.jsonl"} <= names
    assert profile["messages"] == 2

    assert asyncio.run(app.forget(OWNER))["style"] == 3
    assert app.styles.of(OWNER).files() == []


def test_the_vectors_of_examples_are_made_once(tmp_path):
    calls = []

    class Counting(HashedEmbedding):
        def embed(self, texts, *, query=False):
            calls.append(len(texts))
            return super().embed(texts, query=query)

    styles = Styles(tmp_path, Counting())
    path = tmp_path / "chat.txt"
    path.write_text("\n".join(messages("dan")), "utf-8")
    styles.of(OWNER).learn(open_export(path))
    styles.styled(OWNER, "mưa quá")
    made = len(calls)
    styles.styled(OWNER, "nắng quá")
    assert len(calls) == made + 1
    styles.delete(OWNER)
    assert styles.styled(OWNER, "x").manner is None


def test_the_last_sentence_is_what_is_corrected():
    lines = [Line("assistant", "Chào bạn. Bạn khỏe không?"), Line("user", "đừng nói thế")]
    assert last_sentence(lines) == "Bạn khỏe không?"
    assert last_sentence([]) == ""
