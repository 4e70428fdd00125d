from modules.memory import MemoryStore

SECRET = "Quỳnh Trâm"
"""A name that is nowhere else in the files of a database."""


def holding(directory, text):
    """Names of the files below a directory in whose bytes a text is, in any of its encodings."""
    needles = [text.encode(), text.encode("utf-16-le"), text.lower().encode()]
    # SQLite's full-text index would keep it in small pieces, in lower case.
    needles += [text[:5].lower().encode()]
    return [
        file.name
        for file in directory.rglob("*")
        if file.is_file() and any(needle in file.read_bytes() for needle in needles)
    ]


def test_the_text_is_in_the_files_while_it_is_remembered(memory, tmp_path):
    memory.remember(f"Mình tên là {SECRET}")
    assert holding(tmp_path, SECRET)


def test_a_forgotten_memory_is_in_no_byte_of_any_file(store, memory, tmp_path):
    for dish in ("phở", "bún chả", "bánh mì", "cơm tấm"):
        memory.remember(f"Mình thích ăn {dish}")
    named = memory.remember(f"Mình tên là {SECRET}")
    memory.recall("Mình tên gì?")
    memory.forget(named.id)
    assert holding(tmp_path, SECRET) == []
    store.close()
    assert holding(tmp_path, SECRET) == []
    assert len(memory.all()) == 4


def test_a_memory_forgotten_in_a_large_index_is_gone_too(store, tmp_path):
    memory = store.open("b2")
    with store.shelf("b2") as shelf:
        # Enough rows for chromadb to write its index and to shorten its queue.
        made = [new(f"ghi chú {number} về món {number * 7}") for number in range(300)]
        shelf.run(
            lambda rows: rows.put(made, store.embedding.embed([m.text for m in made])), create=True
        )
    named = memory.remember(f"Mình tên là {SECRET}")
    assert list(tmp_path.rglob("index_metadata.pickle"))
    vector = store.embedding.embed([named.text])[0].tobytes()
    memory.forget(named.id)
    assert holding(tmp_path, SECRET) == []
    assert not any(vector in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    assert len(memory.all()) == 300


def test_what_a_newer_fact_replaced_is_gone_too(memory, tmp_path):
    memory.remember(f"Mình tên là {SECRET}")
    memory.remember("Mình tên là Hoa")
    assert holding(tmp_path, SECRET) == []


def test_forgetting_all_leaves_no_byte(memory, tmp_path):
    memory.remember(f"Mình tên là {SECRET}")
    memory.forget("all")
    assert holding(tmp_path, SECRET) == []


def test_a_deleted_user_leaves_nothing_at_all(store, tmp_path):
    memory = store.open("a1")
    memory.remember("Mình tên Lan")
    memory.remember("Mình dị ứng tôm")
    assert store.delete("a1") == 2
    assert list((tmp_path / "users").iterdir()) == []
    assert memory.all() == []


def test_deleting_one_user_leaves_the_others(store):
    store.open("a1").remember("Mình tên Lan")
    store.open("b2").remember("Mình tên Hùng")
    assert store.delete("a1") == 1
    assert len(store.open("b2").all()) == 1


def test_what_other_stages_keep_of_a_user_stays_when_memory_is_deleted(store, tmp_path):
    store.open("a1").remember("Mình tên Lan")
    other = tmp_path / "users" / "a1" / "style.json"
    other.write_text("{}")
    assert store.delete("a1") == 1
    assert [file.name for file in other.parent.iterdir()] == ["style.json"]


def test_what_was_moved_aside_goes_with_the_user(store, tmp_path):
    memory = store.open("a1")
    memory.remember(f"Mình tên là {SECRET}")
    store.close()
    (sqlite,) = tmp_path.rglob("chroma.sqlite3")
    sqlite.write_bytes(b"no database" * 1000 + SECRET.encode())
    memory.remember("Mình dị ứng tôm")
    assert holding(tmp_path, SECRET)
    store.delete("a1")
    assert list((tmp_path / "users").iterdir()) == []


def test_only_the_user_of_the_app_may_read_the_files(tmp_path):
    store = MemoryStore(tmp_path / "users")
    store.open("a1").remember("Mình tên Lan")
    store.close()
    for directory in (tmp_path / "users" / "a1", tmp_path / "users" / "a1" / "memory"):
        assert directory.stat().st_mode & 0o077 == 0


def new(text):
    from modules.memory.records import new_memory

    return new_memory(text, "user")
