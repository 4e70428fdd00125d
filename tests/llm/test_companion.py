"""The companion's data, and the engine around it."""

import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

import modules.llm.companion
from modules.engines import BlockingStream
from modules.llm import ENGINES
from modules.llm.companion.book import FILES, KINDS, book, read
from modules.llm.companion.clock import VIETNAM
from modules.llm.companion.engine import Companion
from modules.llm.companion.hearing import hearing_data
from modules.llm.companion.wording import (
    TOLD,
    Voice,
    fill,
    named,
    polish,
    sentences,
    voice_of,
    wording_data,
)
from modules.messages import EMOTIONS, Pair, Persona, TextDelta, TurnRequest, User
from modules.persona import Guard
from modules.text import count_syllables
from modules.text.region import to_region
from tests.llm.test_dialogues import PAIRS, TERMS, told

FOLDER = Path(modules.llm.companion.__file__).parent
EXAMPLES = {
    "age": "25", "gender": "nữ", "land": "miền Bắc", "part": "buổi tối",
    "part_ask": "hôm nay vui không?",
    "user_name": "Nam", "time": "7 giờ tối", "date": "thứ Hai, ngày 1 tháng 1 năm 2027",
    "when": "ngày mai", "date_plain": "1 tháng 1",
    "supposed": "thứ Hai", "weekday": "thứ Hai", "days": "5",
    "target": "Giáng sinh", "first": "ngày 1 tháng 1", "second": "ngày 2 tháng 1", "year": "2026",
    "month": "tháng 2", "leap": "là", "expression": "2 cộng 2", "value": "4", "amount": "5 mét",
    "numbers": "1, 2, 3", "spelling": "ngờ, iêng, nghiêng", "word": "“bê”", "letters": "bê, ê",
    "words": "“xin chào”.", "facts": "“Mình thích phở”", "fact": "“Mình thích phở”",
    "choice": "phở", "echo": "phở", "last": "“Hôm nay vui.”",
    "riddle": "cái gì?", "answer": "cây nến",
    "hint": "sinh nhật hay thắp nó", "more": "chăm mà bền thì hơn.",
    "told": "Hôm qua kể: “Mình thích phở”", "document": "“Hợp đồng”, trang 2",
    "quote": "“Giá thuê là tám triệu”", "caption": "“Chùa Một Cột”",
    "what": "gọi lại", "other": "Bông",
    "item": "bún bò", "piece": "chuyện", "place": "Huế", "known": "có sông Hương",
}  # fmt: skip


def voice(pair: tuple[str, str], **persona: Any) -> Voice:
    return voice_of(TurnRequest(0, "", pair=Pair(*pair), persona=Persona(name="Linh", **persona)))


def templates() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield key, template and slots of everything that the data files may say."""
    for entry in book().entries.values():
        fillers = {name: values[0] for name, values in entry.fillers.items()}
        ranks = (each for texts in entry.by_rank.values() for each in texts)
        for template in (*entry.say, *entry.stay, *entry.ask, *entry.me, *ranks):
            yield entry.key, template, EXAMPLES | fillers
    lore = read("lore")
    for name in (
        "intro_folk",
        "intro_story",
        "intro_poem",
        "intro_joke",
        "ask_riddle",
        "right",
        "wrong",
        "give_up",
    ):
        for template in lore[name]:
            yield name, template, EXAMPLES
    for kind in ("folk", "poem", "story", "joke"):
        for piece in lore[kind]:
            for template in lore["more"][: "more" in piece]:
                yield kind, template.replace("{more}", piece["more"]), EXAMPLES


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.name)
def test_data_is_nfc_and_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == unicodedata.normalize("NFC", text)
    assert tomllib.loads(text)


@pytest.mark.parametrize("name", FILES)
def test_entries_are_well_formed(name: str) -> None:
    for key, table in read(name).items():
        assert table.get("kind", KINDS[0]) in KINDS, key
        assert set(table.get("mood", ())) <= set(EMOTIONS), key
        for pattern in table.get("when", ()):
            assert pattern.count("(") == pattern.count(")"), pattern
            classes = set(re.findall(r"%(\w+)", pattern)) - {"word"}
            assert classes <= set(hearing_data()["classes"]), pattern
            assert re.fullmatch(r"[\w\s()|^$#%!=.'-]+", pattern), pattern


def test_every_kind_has_entries_and_every_entry_is_reached() -> None:
    entries = book().entries
    source = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    for key, entry in entries.items():
        families = ("_ask", "_stay", "_told", "_more", "part_", "soft_", "after_")
        asked = entry.marked or f'"{key}"' in source or any(part in key for part in families)
        assert asked, f"nothing leads to {key}"
    assert all(book().by_kind[kind] for kind in KINDS)


def test_templates_name_people_by_slots_only() -> None:
    for key, template, _ in templates():
        words = set(re.findall(r"\w+", told(re.sub(r"\{\w+\}", "", template)).lower()))
        assert not words & TERMS, f"{key}: {words & TERMS} in {template!r}"


def test_templates_begin_their_sentences_in_lower_case_and_end_them() -> None:
    proper = ("Hà", "Gương")
    for key, template, _ in templates():
        for sentence in sentences(template.removeprefix("~")):
            assert (
                sentence[0].islower() or not sentence[0].isalpha() or sentence.startswith(proper)
            ), key
        assert re.search(r"[.!?]$|\{(last|words|riddle|part_ask)\}$", template), (
            f"{key}: {template!r}"
        )


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(pair))
def test_every_template_can_be_said_in_every_pair(pair: tuple[str, str]) -> None:
    for region in ("north", "central", "south"):
        speaker = voice(pair, region=region)
        for turn, (key, template, slots) in enumerate(templates()):
            filled = fill(template, speaker, slots)
            assert filled is not None, f"{key}: {template!r}"
            said = polish(filled, speaker, turn)
            assert not re.search(r"[{}~]|  |\bạ ạ\b", said), said
            first = re.split(r"[,.!?;:…]", said, maxsplit=1)[0]
            long = pair == ("con", "bà ngoại")  # two syllables where the others have one
            assert count_syllables(first) <= 12 + 2 * long or any(map(str.isdigit, first)), first


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(pair))
def test_the_guard_finds_nothing_to_mend(pair: tuple[str, str]) -> None:
    # Whatever the guard changes here is a word that the companion should not have said, save for
    # the words of a region: the texts leave those to the guard.
    for region in ("north", "south"):
        speaker = voice(pair, region=region)
        for turn, (key, template, slots) in enumerate(templates()):
            said = polish(fill(template, speaker, slots) or "", speaker, turn)
            guard = Guard(Pair(*pair), region, "friendly")
            kept = "".join([*guard.push(said), *guard.finish()]).strip()
            kept = kept.removeprefix("Dạ, ") if template.startswith("~") else kept
            assert kept.lower() == to_region(said, region).lower(), key


def test_the_guard_leaves_what_is_told_alone() -> None:
    lore = read("lore")
    for kind in ("folk", "poem", "story", "joke"):
        for piece in (each["told"] for each in lore[kind]):
            guard = Guard(Pair("em", "anh"))
            said = f"Dạ, em đọc nhé. {piece}"
            kept = "".join([*guard.push(said), *guard.finish()]).strip()
            assert kept == to_region(said, "north")


def test_safety_comes_with_numbers_to_call() -> None:
    for key in (
        "crisis",
        "crisis_follow",
        "crisis_other",
        "violence",
        "harm_others",
        "emergency",
        "fever",
        "fire",
    ):
        for template in book().entries[key].say:
            assert template.startswith("~"), key
            assert re.search(r"\b11[1345]\b", template), key


def test_riddles_accept_their_answer_and_do_not_give_it_away() -> None:
    for riddle in read("lore")["riddles"]:
        assert any(answer in riddle["answer"] for answer in riddle["accept"])
        assert riddle["answer"] not in riddle["riddle"]
        assert riddle["answer"] not in riddle["hint"]


class TestWording:
    def test_a_junior_opens_with_da_and_says_a_once(self) -> None:
        speaker = voice(("em", "anh"))
        for turn in range(4):
            said = polish("{self} hiểu. anh kể tiếp đi.".format(self="em"), speaker, turn)
            assert said.startswith("Dạ, em hiểu")
            assert len(re.findall(r"\bạ\b", said)) == 1

    def test_seniors_and_peers_do_not(self) -> None:
        for pair in (("chị", "em"), ("mình", "bạn"), ("bác", "cháu")):
            assert polish("nghe đây.", voice(pair), 0) == "Nghe đây."

    def test_no_particle_takes_another(self) -> None:
        assert polish("anh nghỉ đi nhé.", voice(("em", "anh")), 0) == "Dạ, anh nghỉ đi nhé."
        assert polish("anh mệt à?", voice(("em", "anh")), 0) == "Dạ, anh mệt ạ?"

    def test_danger_is_answered_without_courtesies(self) -> None:
        assert polish("~anh gọi 115 ngay.", voice(("em", "anh")), 0) == "Anh gọi 115 ngay."

    def test_what_is_told_keeps_its_words(self) -> None:
        said = polish(f"em đọc nhé. {TOLD}Có công mài sắt.", voice(("em", "anh")), 0)
        assert said == "Dạ, em đọc nhé. Có công mài sắt."

    def test_regions_have_their_particles(self) -> None:
        said = {
            region: fill("đi {nhe}", voice(("mình", "bạn"), region=region), {})
            for region in ("north", "central", "south")
        }
        assert said == {"north": "đi nhé", "central": "đi hí", "south": "đi nha"}

    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("Nguyễn Văn Nam", "Nam"),
            ("Lan Anh", "Lan Anh"),
            ("linh", "Linh"),
            ("<b>x</b>", ""),
            ("{self}", ""),
            ("", ""),
            ("R2D2", ""),
        ],
    )
    def test_people_are_called_by_their_given_name(self, name: str, given: str) -> None:
        assert named(name) == given

    def test_a_slot_that_is_not_there_makes_no_sentence(self) -> None:
        assert fill("{age} tuổi", voice(("mình", "bạn")), {}) is None

    def test_a_formal_assistant_leaves_out_casual_words(self) -> None:
        casual = wording_data()["tone"]["casual"]
        request = TurnRequest(0, "chào", pair=Pair("tôi", "bạn"), persona=Persona(tone="formal"))
        for minute in range(20):
            clock = datetime(2026, 11, 22, 9, minute, tzinfo=VIETNAM)
            said = " ".join(run(request, clock))
            words = "|".join(map(re.escape, casual))
            assert not re.search(rf"(?i)(?<!\w)({words})(?!\w)", said), said


def run(request: TurnRequest, moment: datetime) -> list[str]:
    async def deltas() -> list[TextDelta]:
        engine = Companion(ENGINES[-1], clock=lambda: moment)
        engine.load()
        stream: BlockingStream[TurnRequest, TextDelta] = engine.open(request)
        await stream.push(request)
        found = [delta async for delta in stream]
        await stream.aclose()
        engine.close()
        return found

    found = anyio.run(deltas)
    assert all(delta.reply == request.reply for delta in found)
    return [delta.text for delta in found]


class TestEngine:
    def test_it_is_embedded_and_last(self) -> None:
        assert ENGINES[-1].name == "companion"
        assert ENGINES[-1].embedded
        assert isinstance(ENGINES[-1].make(), Companion)

    def test_an_answer_comes_sentence_by_sentence(self) -> None:
        moment = datetime(2026, 11, 22, 9, 0, tzinfo=VIETNAM)
        request = TurnRequest(5, "chào bạn", user=User(name="Nam"))
        pieces = run(request, moment)
        assert len(pieces) >= 2
        assert all(piece.startswith(" ") for piece in pieces[1:])
        assert "Nam" in "".join(pieces)

    def test_the_clock_is_the_engines(self) -> None:
        moment = datetime(2026, 11, 22, 9, 0, tzinfo=VIETNAM)
        assert "9 giờ sáng" in "".join(run(TurnRequest(5, "mấy giờ rồi"), moment))

    def test_importing_it_reads_nothing(self) -> None:
        code = (
            "import modules.llm, modules.llm.companion.engine as e;"
            "from modules.llm.companion.book import book;"
            "assert book.cache_info().currsize == 0"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
