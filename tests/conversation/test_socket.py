"""The socket: bound by its token, resumed where it broke, silent after a halt."""

import json
from contextlib import ExitStack
from functools import partial

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient

from modules.conversation import socket
from modules.conversation.app import App
from modules.conversation.reply import Reply
from modules.messages import CHUNK_HEADER, Caption, CaptionWord, MediaChunk
from modules.settings import Settings
from tests.scripted import residency


class House:
    """An app behind a test client, with one session."""

    def __init__(self, path):
        self.app = App(Settings(data=path))
        self.app.residency = residency()
        route = WebSocketRoute(socket.PATH, partial(socket.serve, self.app))
        self.client = TestClient(Starlette(routes=[route]))
        self.lines = ExitStack()

    def open_session(self):
        return self.client.portal.call(self._open)

    async def _open(self):
        return self.app.open_session("page:test", None, live=True)

    def connect(self, session, reply=0, have=0, token=None):
        line = self.lines.enter_context(self.client.websocket_connect(socket.PATH))
        line.send_text(
            json.dumps(
                {"type": "hello", "token": token or session.token, "reply": reply, "have": have}
            )
        )
        return line

    def give(self, session, reply, count, done=True):
        async def work():
            made = Reply(reply)
            for n in range(count):
                made.add(MediaChunk(reply, 0, "video", n, n * 0.04, bytes([n])))
            if done:
                made.finish()
            session.reply = made
            session.renewed.set()

        self.client.portal.call(work)


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    with made.client, made.lines:
        yield made


def captioned(reply, clause, *words):
    return Caption(reply, clause, tuple(CaptionWord(*word) for word in words))


def chunk(line):
    data = line.receive_bytes()
    reply, sequence, *_ = CHUNK_HEADER.unpack_from(data)
    return reply, sequence


def closed_with(line):
    while (message := line.receive())["type"] != "websocket.close":
        pass
    return message["code"]


@pytest.mark.parametrize(
    "hello",
    ["", "not json", "[]", "{}", '{"token": 1}', '{"token": "x", "reply": "y", "have": 0}'],
)
def test_a_bad_first_message_closes_the_connection(house, hello):
    with house.client.websocket_connect(socket.PATH) as line:
        line.send_text(hello)
        assert closed_with(line) == socket.BAD_HELLO


def test_an_invented_token_opens_nothing(house):
    session = house.open_session()
    line = house.connect(session, token="x" * 32)
    assert closed_with(line) == socket.UNKNOWN_TOKEN
    assert session.line is None


def test_media_of_a_reply_comes_in_order_and_ends(house):
    session = house.open_session()
    line = house.connect(session)
    assert line.receive_json() == {"type": "ready"}
    house.give(session, 3, 5)
    assert [chunk(line) for _ in range(5)] == [(3, n) for n in range(5)]
    assert line.receive_json() == {"type": "end", "reply": 3}


def test_a_connection_that_comes_back_goes_on_where_it_broke(house):
    session = house.open_session()
    house.give(session, 3, 6)
    line = house.connect(session, reply=3, have=4)
    assert line.receive_json() == {"type": "ready"}
    assert [chunk(line) for _ in range(2)] == [(3, 4), (3, 5)]


def test_a_page_that_knows_nothing_of_the_reply_gets_all_of_it(house):
    session = house.open_session()
    house.give(session, 3, 2)
    line = house.connect(session, reply=1, have=9)
    line.receive_json()
    assert chunk(line) == (3, 0)


def test_the_newest_connection_of_a_session_takes_over(house):
    session = house.open_session()
    first = house.connect(session)
    assert first.receive_json() == {"type": "ready"}
    second = house.connect(session)
    assert second.receive_json() == {"type": "ready"}
    assert closed_with(first) == socket.TAKEN_OVER
    house.give(session, 1, 1)
    assert chunk(second) == (1, 0)


def test_a_halt_silences_the_reply_and_is_told(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    house.give(session, 4, 2, done=False)
    assert [chunk(line) for _ in range(2)] == [(4, 0), (4, 1)]
    line.send_text(json.dumps({"type": "halt", "upto": 4}))
    assert line.receive_json() == {"type": "halted", "reply": 4}
    assert session.last_reply == 4


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        '{"type": "halt"}',
        '{"type": "halt", "upto": -1}',
        '{"type": "halt", "upto": "x"}',
    ],
)
def test_a_bad_message_is_refused_and_the_connection_lives(house, message):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    line.send_text(message)
    assert line.receive_json()["type"] == "refused"
    house.give(session, 1, 1)
    assert chunk(line) == (1, 0)


def test_unknown_messages_are_ignored(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    line.send_text('{"type": "from a later version"}')
    house.give(session, 1, 1)
    assert chunk(line) == (1, 0)


def frames(seconds, loud):
    rng = np.random.default_rng(1)
    count = round(seconds * 16_000 / 512)
    level = 6_000 if loud else 3
    return [rng.integers(-level, level, 512).astype("<i2").tobytes() for _ in range(count)]


def test_a_microphone_that_was_never_opened_is_not_heard(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    for frame in frames(1.0, loud=True):
        line.send_bytes(frame)
    house.give(session, 1, 1)
    assert chunk(line) == (1, 0)


def test_while_the_talk_button_is_held_everything_is_one_utterance(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    line.send_text('{"type": "microphone", "open": true}')
    line.send_text('{"type": "talk", "held": true}')
    assert line.receive_json() == {"type": "speech"}
    for frame in frames(0.5, loud=True):
        line.send_bytes(frame)
    line.send_text('{"type": "talk", "held": false}')
    assert line.receive_json() == {"type": "utterance", "id": 1}
    heard = session.take_utterance(1, 1)
    assert heard.samples.dtype == np.float32
    assert len(heard.samples) >= 0.4 * 16_000


def test_a_frame_of_the_wrong_size_is_refused_and_the_microphone_goes_on(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    line.send_text('{"type": "microphone", "open": true}')
    line.send_bytes(b"\0" * 1023)
    assert line.receive_json() == {"type": "refused", "code": "invalid_input.frame_size"}
    line.send_text('{"type": "talk", "held": true}')
    assert line.receive_json() == {"type": "speech"}


def test_speaking_interrupts_the_reply(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    house.give(session, 2, 1, done=False)
    chunk(line)
    line.send_text('{"type": "microphone", "open": true}')
    line.send_text('{"type": "talk", "held": true}')
    told = [line.receive_json()["type"] for _ in range(2)]
    assert sorted(told) == ["halted", "speech"]
    assert session.reply.state == "halted"


def test_a_closed_connection_leaves_the_session_for_the_next_one(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    line.close()
    again = house.connect(session)
    assert again.receive_json() == {"type": "ready"}


def test_with_push_to_talk_nothing_is_heard_until_the_button_is_held(house):
    session = house.open_session()
    session.push_to_talk = True
    line = house.connect(session)
    line.receive_json()
    line.send_text('{"type": "microphone", "open": true}')
    for frame in frames(0.5, loud=True):
        line.send_bytes(frame)
    line.send_text('{"type": "talk", "held": true}')
    assert line.receive_json() == {"type": "speech"}
    for frame in frames(0.3, loud=True):
        line.send_bytes(frame)
    line.send_text('{"type": "talk", "held": false}')
    assert line.receive_json() == {"type": "utterance", "id": 1}
    heard = session.take_utterance(1, 1)
    assert abs(len(heard.samples) / 16_000 - 0.3) < 0.05


def test_a_microphone_that_closes_while_the_button_is_held_lets_go_of_it(house):
    session = house.open_session()
    session.push_to_talk = True
    line = house.connect(session)
    line.receive_json()
    line.send_text('{"type": "microphone", "open": true}')
    line.send_text('{"type": "talk", "held": true}')
    assert line.receive_json() == {"type": "speech"}
    line.send_text('{"type": "microphone", "open": false}')
    line.send_text('{"type": "microphone", "open": true}')
    for frame in frames(1.0, loud=True):
        line.send_bytes(frame)  # nobody holds: none of it is heard
    line.send_text('{"type": "talk", "held": true}')
    assert line.receive_json() == {"type": "speech"}
    for frame in frames(0.3, loud=True):
        line.send_bytes(frame)
    line.send_text('{"type": "talk", "held": false}')
    assert line.receive_json() == {"type": "utterance", "id": 1}
    heard = session.take_utterance(1, 1)
    assert abs(len(heard.samples) / 16_000 - 0.3) < 0.05


def give_captioned(session, reply):
    made = Reply(reply)
    made.add_caption(captioned(reply, 0, ("Hẹn", 0.0, 0.2), ("7h30", 0.2, 1.23456)))
    made.add(MediaChunk(reply, 0, "video", 0, 0.0, b"0"))
    made.add(MediaChunk(reply, 0, "video", 1, 0.4, b"1"))
    made.add_caption(captioned(reply, 0, ("nhé 😊.", 1.3, 1.6)))
    made.add(MediaChunk(reply, 0, "video", 2, 0.8, b"2"))
    session.reply = made
    session.renewed.set()
    return made


def test_captions_come_as_json_before_the_media_that_they_belong_to(house):
    session = house.open_session()
    line = house.connect(session)
    assert line.receive_json() == {"type": "ready"}
    made = house.client.portal.call(give_captioned, session, 4)
    assert line.receive_json() == {
        "type": "caption", "reply": 4, "clause": 0,
        "words": [["Hẹn", 0, 200], ["7h30", 200, 1235]],
    }  # fmt: skip
    assert [chunk(line), chunk(line)] == [(4, 0), (4, 1)]
    assert line.receive_json()["words"] == [["nhé 😊.", 1300, 1600]]
    assert chunk(line) == (4, 2)
    house.client.portal.call(made.finish)
    assert line.receive_json() == {"type": "end", "reply": 4}


def test_a_page_that_comes_back_is_sent_no_caption_of_what_it_has(house):
    session = house.open_session()
    house.client.portal.call(give_captioned, session, 4)
    line = house.connect(session, reply=4, have=1)
    received = [line.receive() for _ in range(4)]
    captions = [json.loads(m["text"]) for m in received if m.get("text")]
    assert [c["words"][0][0] for c in captions if c["type"] == "caption"] == ["nhé 😊."]
    assert sum(1 for m in received if m.get("bytes")) == 2


def test_nothing_is_captioned_after_a_halt(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    made = house.client.portal.call(give_captioned, session, 4)
    assert line.receive_json()["type"] == "caption"
    line.send_text('{"type": "halt", "upto": 4}')
    while (message := line.receive()).get("text") is None or "halted" not in message["text"]:
        pass
    house.client.portal.call(made.add_caption, captioned(4, 1, ("Rồi", 2.0, 2.3)))
    house.give(session, 5, 1)
    assert chunk(line) == (5, 0)
    assert len(made.captions) == 2


def test_another_silence_counts_from_the_next_frame_on(house):
    session = house.open_session()
    line = house.connect(session)
    line.receive_json()
    line.send_text('{"type": "microphone", "open": true}')
    session.end_of_turn_s = 1.2
    line.send_bytes(frames(0.1, loud=False)[0])
    line.send_text('{"type": "halt"}')  # refused: by then the frame has been heard
    assert line.receive_json()["type"] == "refused"
    assert session.line._ears.settings.silence_s == 1.2
