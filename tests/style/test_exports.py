"""Chat exports: every program's, and files that are none."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import InvalidInput
from modules.persona.style.exports import MAX_AUTHORS, Export, open_export


def export(data):
    raw = data.encode() if isinstance(data, str) else data
    return Export(lambda: io.BytesIO(raw), len(raw))


def texts(data):
    return [(message.author, message.text) for message in export(data).messages()]


def refused(data):
    with pytest.raises(InvalidInput) as caught:
        list(export(data).messages())
    assert caught.value.params["field"] == "file"
    return caught.value.reason


def broken(text):
    """Write a text as Messenger does: every byte of its UTF-8 as a character of its own."""
    return "".join(f"\\u{byte:04x}" for byte in text.encode())


# --- the programs ---------------------------------------------------------------------------------


def test_messenger_is_read_and_its_broken_letters_are_mended():
    data = (
        '{"participants": [{"name": "x"}], "messages": ['
        f'{{"sender_name": "{broken("Nguyễn Ân")}", "timestamp_ms": 1703512345678, '
        f'"content": "{broken("Chào bạn 🌸")}"}}, '
        '{"sender_name": "B", "timestamp_ms": 1, "photos": []}, '
        '{"sender_name": "B", "timestamp_ms": 1, "content": "B sent an attachment."}, '
        '{"sender_name": "B", "timestamp_ms": 1, "content": "x", "is_unsent": true}], "title": "t"}'
    )
    (message,) = export(data).messages()
    assert (message.author, message.text) == ("Nguyễn Ân", "Chào bạn 🌸")
    assert message.time.year == 2023
    assert export(data).format == "messenger"


def test_letters_that_are_not_broken_stay():
    plain = {"messages": [{"senderName": "Ân", "text": "à, chào é", "timestamp": 1703512345678}]}
    assert texts(json.dumps(plain)) == [("Ân", "à, chào é")]
    assert texts(json.dumps(plain, ensure_ascii=False)) == [("Ân", "à, chào é")]


def test_telegram_is_read_with_marked_text_and_without_what_was_forwarded():
    chat = {
        "name": "x",
        "messages": [
            {"id": 1, "type": "service", "actor": "A", "date": "2023-12-25T21:05:00"},
            {
                "id": 2, "type": "message", "date": "2023-12-25T21:05:00", "from": "An",
                "from_id": "user1", "text": ["xem ", {"type": "bold", "text": "nè"}, " đi"],
            },
            {"id": 3, "type": "message", "from": "An", "from_id": "u", "forwarded_from": "B",
             "text": "không phải lời An"},
        ],
    }  # fmt: skip
    assert texts(json.dumps(chat, ensure_ascii=False)) == [("An", "xem nè đi")]
    whole = {"about": "x", "contacts": {"list": [{"a": 1}]}, "chats": {"list": [chat, chat]}}
    assert len(texts(json.dumps(whole))) == 2


@pytest.mark.parametrize(
    "line",
    [
        "25/12/2023, 21:05 - An: chào",
        "12/25/23, 9:05 PM - An: chào",
        "25/12/2023, 9:05 CH - An: chào",
        "[25/12/2023, 21:05:33] An: \u200echào",
        "\u200e[21:05:33, 25/12/2023] An: chào",
        "[25/12/2023 lúc 21:05] An: chào",
        "21:05, 25/12/2023 - An: chào",
        "2023-12-25, 21:05 - An: chào",
        "12/25/23, 9:05\u202fPM - An: chào",
    ],
)
def test_whatsapp_is_read_in_the_forms_of_many_phones(line):
    (message,) = export(line + "\n").messages()
    assert export(line).format == "whatsapp"
    assert (message.author, message.text) == ("An", "chào")
    assert (message.time.month, message.time.day, message.time.hour) == (12, 25, 21)


def test_whatsapp_messages_go_on_over_lines_and_system_lines_are_nobodys():
    data = (
        "25/12/2023, 21:05 - Messages and calls are end-to-end encrypted. Tap to learn more.\n"
        "25/12/2023, 21:05 - An: một\nhai: ba\n\n25/12/2023, 21:06 - An: <Media omitted>\n"
        "25/12/2023, 21:06 - Bình: xong <This message was edited>\n"
        "25/12/2023, 21:07 - An đã thêm Bình\n"
    )
    assert texts(data) == [("An", "một\nhai: ba"), ("Bình", "xong")]


@pytest.mark.parametrize(
    "data",
    [
        "An Nguyễn\n21:05\nchào nha\nđang làm gì đó\n\nBình\n21:06 25/12/2023\nhọc bài\n",
        "An Nguyễn\nchào nha\nđang làm gì đó\n21:05\nBình\nhọc bài\n21:06\n",
        "An Nguyễn, 21:05\nchào nha\nđang làm gì đó\nĐã xem\nBình, 21:06 25/12/2023\nhọc bài\n",
        "Hôm nay\nAn Nguyễn 21:05\nchào nha\nđang làm gì đó\nBình [21:06]\nhọc bài\n",
    ],
)
def test_zalo_is_read_in_every_documented_form(data):
    wanted = [("An Nguyễn", "chào nha"), ("An Nguyễn", "đang làm gì đó"), ("Bình", "học bài")]
    assert texts(data) == wanted
    assert export(data).format == "zalo"


def test_plain_text_is_a_message_a_line_with_or_without_names():
    assert texts("chào bạn\n\nhôm nay vui ghê\n") == [("", "chào bạn"), ("", "hôm nay vui ghê")]
    named = "An: chào\nBình: ừ\nAn: ăn chưa\nBình: rồi: ngon\nAn: ok\n"
    assert texts(named)[3] == ("Bình", "rồi: ngon")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_known_by_its_heading(mark):
    rows = [["người gửi", "nội dung"], ["An", f'"chào{mark} bạn"'], ["Bình", "ừ"]]
    data = "\n".join(mark.join(row) for row in rows)
    assert texts(data) == [("An", f"chào{mark} bạn".replace("\t ", " ")), ("Bình", "ừ")]
    assert texts(data.encode("utf-16")) == texts(data)


def test_the_name_of_a_file_does_not_matter(tmp_path):
    path = tmp_path / "ảnh.png"
    path.write_text("25/12/2023, 21:05 - An: chào\n", "utf-8")
    assert open_export(path).authors() == {"An": 1}


def test_authors_are_counted_the_most_first_and_never_without_bound():
    rows = [{"author": f"người {n}", "text": "x"} for n in range(MAX_AUTHORS + 50)]
    data = json.dumps([*rows, rows[7]])
    authors = export(data).authors()
    assert len(authors) == MAX_AUTHORS
    assert next(iter(authors.items())) == ("người 7", 2)


def test_progress_reaches_the_end():
    told = []
    list(export("xin chào\n" * 60_000).messages(told.append))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 2


# --- what is none ---------------------------------------------------------------------------------

BAD = {
    "empty_file": [b"", b" \n\t "],
    "archive": [b"PK\x03\x04....", b"\x1f\x8b...."],
    "not_text_file": [bytes(range(256)), b"\xff\xd8\xff\xe0\x00\x10JFIF"],
    "not_utf8": ["chào bạn".encode("cp1258", "replace") + b"\xe0 x", b"RIFF\xff\xfe"],
    "no_messages": [b'{"a": 1}', b"[]", b'{"messages": [{"photo": "x"}]}', b"{}"],
    "cut_off": [b'{"messages": [{"sender_name": "a", "cont', b'{"a": [1, 2', b'{"messages": [',
                b'{"title": "x'],
    "json_malformed": [b'{"messages": [{"a": 1,,}]}', b"[1, 2}}", b'{"messages": [}',
                       b'{"messages": ' + b"[" * 100_000, b"[" * 100_000, b'{"a":' * 100_000,
                       b'{"messages": [{"n": ' + b"9" * 6_000 + b"}]}"],
}  # fmt: skip


@pytest.mark.parametrize(("reason", "data"), [(k, d) for k, each in BAD.items() for d in each])
def test_what_is_no_export_is_refused_and_named(reason, data):
    assert refused(data) == reason


class Endless(io.RawIOBase):
    """A file that begins somehow and goes on with one letter."""

    def __init__(self, begins, size):
        self._begins, self._left = begins, size

    def read(self, size=-1):
        if self._begins:
            begins, self._begins = self._begins, b""
            return begins
        given = min(size, self._left)
        self._left -= given
        return b"a" * given


@pytest.mark.parametrize(
    ("begins", "reason"),
    [
        (b"", "line_too_long"),
        (b"25/12/2023, 21:05 - An: ", "line_too_long"),
        (b'text,author\n"', "line_too_long"),
        (b'{"messages": [{"sender_name": "a", "content": "', "json_malformed"),
        (b'{"title": "', "cut_off"),
    ],
)
def test_a_line_of_three_hundred_megabytes_takes_no_memory(begins, reason):
    size = 300_000_000 if reason != "cut_off" else 30_000_000
    tracemalloc.start()
    with pytest.raises(InvalidInput) as caught:
        list(Export(lambda: Endless(begins, size), size).messages())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.reason == reason
    assert peak < 12_000_000


def test_a_long_export_is_read_in_the_memory_of_a_short_one():
    row = json.dumps({"sender_name": "An", "content": "chào bạn nha, hôm nay vui lắm luôn á"})
    data = f'{{"messages": [{",".join([row] * 60_000)}]}}'.encode()
    tracemalloc.start()
    count = sum(1 for _ in export(data).messages())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60_000
    assert peak < 6_000_000


@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_no_file_ends_in_anything_but_messages_or_a_refusal(data):
    try:
        for message in export(data).messages():
            assert message.text
    except InvalidInput as error:
        assert error.params["field"] == "file"


@given(
    st.lists(
        st.fixed_dictionaries(
            {"sender_name": st.text(max_size=10), "content": st.text(min_size=1, max_size=60)}
        ),
        min_size=1, max_size=8,
    ),
    st.integers(1, 40),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_json_gives_the_same_however_it_is_cut_into_pieces(rows, size):
    from modules.persona.style.readers.json_stream import JsonStream

    data = json.dumps({"x": {"y": [1, {"z": 'a\\"b'}]}, "messages": rows, "end": None})
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    assert list(JsonStream(pieces, "file").elements("messages")) == rows
