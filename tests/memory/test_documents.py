"""Documents: what is read, how it is cut, what is found, and what is refused."""

import json
import zipfile
from dataclasses import replace
from io import BytesIO
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import InvalidInput, NotFound
from modules.memory.documents import reader
from modules.memory.documents.formats import format_of
from modules.memory.documents.passages import MOST, Block, passages_of
from modules.memory.documents.readers import read
from modules.memory.documents.search import index_of, search
from modules.memory.documents.store import DocumentStore
from tests.memory import papers
from tests.memory.conftest import rows

OWNER, STRANGER = "ab" * 16, "cd" * 16
LEASE = [
    ["HỢP ĐỒNG THUÊ NHÀ", "Điều 1. Giá thuê", "Giá thuê nhà là tám triệu đồng một tháng, trả vào",
     "ngày mùng năm hằng tháng bằng chuyển khoản."],
    ["Điều 2. Đặt cọc", "Bên B đặt cọc hai tháng tiền nhà, tức mười sáu triệu đồng.", "Trang 2"],
]  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store with one document, read by a process of its own."""
    folder = tmp_path_factory.mktemp("documents")
    store = DocumentStore(folder / "users")
    file = folder / "any.pdf"
    file.write_bytes(papers.pdf(LEASE))
    shares = []
    document = store.add(OWNER, "C:\\Giấy tờ\\Hợp đồng.pdf", file, shares.append)
    return store, document, shares, file


def blocks(path, data):
    path.write_bytes(data)
    return [step for step in read(path, format_of(path)) if isinstance(step, Block)]


def refusal(path, data):
    with pytest.raises(InvalidInput) as caught:
        blocks(path, data)
    assert caught.value.params["field"] == "document"
    return caught.value.reason


def test_a_document_is_kept_with_its_pages_and_found_by_a_question(kept):
    store, document, shares, _ = kept
    assert (document.name, document.kind, document.pages) == ("Hợp đồng.pdf", "pdf", 2)
    assert shares == sorted(shares)
    (found,) = store.recall(OWNER, "Tiền cọc là bao nhiêu vậy?")
    assert (found.document.id, found.passage.page) == (document.id, 2)
    assert found.quote == "Bên B đặt cọc hai tháng tiền nhà, tức mười sáu triệu đồng."
    assert store.recall(OWNER, "Hợp đồng nói tiền cọc bao nhiêu?") == [replace(found, score=ANY)]
    for talk in ("Hôm nay mình mệt quá", "Hợp đồng", "Mình vừa ký hợp đồng thuê nhà xong"):
        assert not [each for each in store.recall(OWNER, talk) if each.score < 0.5], talk
    assert store.recall(OWNER, "Hôm nay mình mệt quá") == []


def test_the_same_file_again_is_one_document_under_its_new_name(kept):
    store, document, _, file = kept
    again = store.add(OWNER, "Hợp đồng mới.pdf", file)
    assert again.id == document.id
    assert [each.name for each in store.list(OWNER)] == ["Hợp đồng mới.pdf"]
    assert store.recall(OWNER, "tiền cọc bao nhiêu?")[0].document.name == "Hợp đồng mới.pdf"


def test_another_s_document_is_as_unknown_as_none(kept):
    store, document, _, _ = kept
    assert store.recall(STRANGER, "tiền cọc bao nhiêu?") == []
    for owner, which in ((STRANGER, document.id), (OWNER, "doc-" + "0" * 32), (OWNER, "../x")):
        with pytest.raises(NotFound):
            store.delete(owner, which)


def test_what_is_deleted_is_found_no_more_and_leaves_no_file(tmp_path):
    store = DocumentStore(tmp_path / "users")
    note = tmp_path / "note.txt"
    note.write_text("Mật hiệu của hội là con ong vàng bay về tổ.")
    document = store.add(OWNER, "note.txt", note)
    assert store.recall(OWNER, "Mật hiệu của hội là gì?")
    store.delete(OWNER, document.id)
    assert store.recall(OWNER, "Mật hiệu của hội là gì?") == []
    assert not list((tmp_path / "users").rglob("*.jsonl"))


def test_a_file_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    note = tmp_path / "note.txt"
    note.write_text("Xin chào các bạn.")
    with pytest.raises(InvalidInput) as caught:
        reader.read_apart("file", note, tmp_path, lambda share: None, limit_s=0.001)
    assert caught.value.reason == "document_slow"


def test_a_process_that_dies_over_a_file_is_a_damaged_file(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        reader.read_apart("file", tmp_path / "nowhere.pdf", tmp_path, lambda share: None)
    assert caught.value.reason == "document_damaged"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "document_empty"),
        (b" \n\n ", "document_empty"),
        (b"MZ\x90\x00\x03", "document_type"),
        (b"\x89PNG\r\n\x1a\n", "document_picture"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "document_old_word"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
         "document_encrypted"),
        (b"%PDF-1.7 and nothing behind %%EOF", "document_damaged"),
        (b"PK\x03\x04 and nothing behind", "document_damaged"),
    ],
)  # fmt: skip
def test_what_is_no_document_says_why(tmp_path, data, reason):
    assert refusal(tmp_path / "any", data) == reason


def test_locked_scanned_cut_and_bursting_files_say_why(tmp_path):
    file = tmp_path / "any"
    assert refusal(file, papers.locked_pdf(LEASE)) == "document_encrypted"
    assert refusal(file, papers.pdf([[], [], []])) == "document_scanned"
    assert refusal(file, papers.pdf(LEASE)[:-200]) == "document_damaged"
    assert refusal(file, papers.word(["Chào"])[:-200]) == "document_damaged"
    assert refusal(file, papers.bomb()) == "document_unpacks"
    assert refusal(file, papers.other_zip()) == "document_type"


def test_a_file_may_be_large_but_not_larger(tmp_path, monkeypatch):
    monkeypatch.setattr("modules.memory.documents.formats.MOST_BYTES", 100)
    assert refusal(tmp_path / "any", b"a" * 101) == "document_too_large"
    monkeypatch.setattr("modules.memory.documents.readers.MOST_PAGES", 1)
    monkeypatch.setattr("modules.memory.documents.formats.MOST_BYTES", 10_000_000)
    assert refusal(tmp_path / "any", papers.pdf(LEASE)) == "document_too_many_pages"


def test_a_renamed_file_is_read_as_what_it_is(tmp_path):
    assert blocks(tmp_path / "notes.txt", papers.pdf(LEASE))[0].page == 1
    assert blocks(tmp_path / "notes.pdf", "Chào các bạn nhé.".encode())[0].text


def test_word_gives_headings_tables_and_pages_in_their_order(tmp_path):
    data = papers.word(["# Chương một", "Xin chào.", "\f", "Trang sau."], [[["Tên", "Tuổi"]]])
    found = blocks(tmp_path / "a.docx", data)
    assert found == [
        Block("Chương một", 1, heading=True), Block("Xin chào.", 1), Block("Trang sau.", 2),
        Block("Tên | Tuổi", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_vietnamese_comes_in(tmp_path, encoding):
    (block,) = blocks(tmp_path / "a.txt", "Trời hôm nay đẹp lắm.".encode(encoding))
    assert block.text == "Trời hôm nay đẹp lắm."


@given(st.lists(st.tuples(st.text("ab c.", max_size=900), st.integers(1, 4), st.booleans())))
def test_no_word_is_lost_and_no_passage_is_long_or_on_two_pages(given_blocks):
    pages = sorted(page for _, page, _ in given_blocks)
    parts = [
        Block(" ".join(text.split()) or "x", page, heading)
        for (text, _, heading), page in zip(given_blocks, pages, strict=True)
    ]
    passages = list(passages_of(parts))
    assert all(len(each.text.split()) <= MOST for each in passages)
    assert [each.page for each in passages] == sorted(each.page for each in passages)
    for part in parts:
        on_page = [each for each in passages if each.page == part.page]
        words = {word for each in on_page for word in (each.text + " " + each.heading).split()}
        assert part.heading or set(part.text.split()) <= words


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes"
    try:
        assert blocks(path, data)
    except InvalidInput as refused:
        assert refused.reason.startswith("document_")


def test_questions_find_their_passage_and_talk_finds_none():
    lines = rows("documents.jsonl")
    passages, names = [], []
    for line in lines:
        parts = [
            Block(text.lstrip("# "), page, text.startswith("#"))
            for page, texts in enumerate(line.get("pages", ()), 1)
            for text in texts
        ]
        for passage in passages_of(parts):
            passages.append(passage)
            names.append(line["document"])
    index = index_of(f"{each.heading}. {each.text}" for each in passages)
    right = asked = 0
    for line in lines:
        if "ask" in line:
            found = search(index, line["ask"], 1)
            asked += 1
            place = found[0][0] if found else None
            right += (
                place is not None
                and names[place] == line["of"]
                and (line.get("page", passages[place].page) == passages[place].page)
            )
        elif "talk" in line:
            assert search(index, line["talk"], 1) == [], line["talk"]
    assert asked >= 24
    assert right >= 0.85 * asked


def test_an_exported_document_comes_back_without_being_read_anew(kept, tmp_path):
    store, document, _, _ = kept
    other = DocumentStore(tmp_path / "users")
    passages, meta = sorted(store.export(OWNER), key=lambda path: path.name, reverse=True)
    assert json.loads(meta.read_text())["id"] == document.id
    back = other.add_passages(OWNER, document.id, "Hợp đồng.pdf", "pdf", passages)
    assert (back.kind, back.pages, back.passages) == ("pdf", 2, document.passages)
    assert other.recall(OWNER, "tiền cọc bao nhiêu?")[0].passage.page == 2


def test_documents_have_bounds_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr("modules.memory.documents.store.MOST_DOCUMENTS", 0)
    note = tmp_path / "note.txt"
    note.write_text("Xin chào các bạn.")
    with pytest.raises(InvalidInput) as caught:
        DocumentStore(tmp_path / "users").add(OWNER, "note.txt", note)
    assert caught.value.code == "invalid_input.too_many_documents"


def test_the_bomb_of_these_tests_is_one():
    with zipfile.ZipFile(BytesIO(papers.bomb())) as archive:
        assert archive.infolist()[0].file_size > 200_000_000
