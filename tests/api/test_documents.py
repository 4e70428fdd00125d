"""`/add_document`, `/import` and what they do to `/recall`, `/forget` and `/delete`."""

from gradio_client import handle_file
from PIL import Image

from tests.api.test_endpoints import refused
from tests.memory import papers


def new_key(client):
    return client.predict(api_name="/new_user")["user_key"]


def test_a_document_and_a_picture_are_kept_recalled_exported_imported_and_deleted(client, tmp_path):
    key = new_key(client)
    contract = tmp_path / "Hợp đồng.pdf"
    contract.write_bytes(papers.pdf([["Giá thuê là tám triệu."], ["Tiền cọc là hai tháng."]]))
    document = client.predict(handle_file(str(contract)), key, None, api_name="/add_document")
    assert (document["kind"], document["pages"]) == ("pdf", 2)
    Image.new("RGB", (120, 90), "green").save(tmp_path / "a.png")
    picture = client.predict(
        handle_file(str(tmp_path / "a.png")), key, "Vườn nhà ông", api_name="/add_document"
    )
    (found,) = client.predict("Tiền cọc là bao nhiêu?", key, api_name="/recall")
    assert (found["source"], found["id"], found["page"]) == ("document", document["id"], 2)
    (seen,) = client.predict("ảnh vườn nhà ông đâu rồi", key, api_name="/recall")
    assert (seen["source"], seen["text"]) == ("picture", "Vườn nhà ông")

    other = new_key(client)
    assert client.predict("", other, api_name="/recall") == []
    export = client.predict(key, api_name="/export")
    done = client.predict(handle_file(export), other, api_name="/import")
    assert (done["documents"], done["pictures"]) == (1, 1)
    assert {each["source"] for each in client.predict("", other, api_name="/recall")} == {
        "document", "picture",
    }  # fmt: skip

    forgotten = client.predict(document["id"], key, api_name="/forget")
    assert forgotten == {"forgotten": 1}
    removed = client.predict(key, api_name="/delete")
    assert (removed["documents"], removed["pictures"]) == (0, 1)
    assert client.predict(picture["id"], other, api_name="/forget") == {"forgotten": 1}
    error = refused(client.predict, picture["id"], key, api_name="/forget")
    assert "not_found.picture" in error


def test_what_cannot_be_read_says_why_by_its_code(client, tmp_path):
    key = new_key(client)
    for name, data, code in (
        ("a.pdf", papers.pdf([[]]), "document_scanned"),
        ("b.pdf", papers.locked_pdf([["x"]]), "document_encrypted"),
        ("c.bin", b"\x00\x01\x02\x03", "document_type"),
    ):
        (tmp_path / name).write_bytes(data)
        file = handle_file(str(tmp_path / name))
        assert code in refused(client.predict, file, key, None, api_name="/add_document")
    assert "import_damaged" in refused(
        client.predict, handle_file(str(tmp_path / "c.bin")), key, api_name="/import"
    )
