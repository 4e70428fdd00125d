"""The notebook and the script, run as a researcher runs them: from elsewhere, on a live app."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import av
import nbformat
import pytest
import soundfile
from gradio_client import Client
from gradio_client.exceptions import AppError
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"
NOTEBOOK = EXAMPLES / "guong.ipynb"
PORTRAITS = ("musetalk", "musetalk-tiny", "wav2lip", "sadtalker", "sadtalker-still")
"""Engines that show portraits where their weights are."""
VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


@pytest.fixture
def server(embedded):
    return embedded


@pytest.fixture
def elsewhere(tmp_path, monkeypatch, server):
    """An empty folder, where Python cannot find the app's modules."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("GUONG_URL", server.url)
    return tmp_path


@pytest.fixture
def before(server):
    """The voices that the app kept before the notebook ran."""
    return voices(server)


@pytest.fixture
def notebook(before, elsewhere):
    """The notebook after all its cells have run, in a kernel of this very environment."""
    opened = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(elsewhere)}}
    client = NotebookClient(opened, timeout=120, kernel_name="python3", resources=place)
    return client.execute()


def voices(server):
    """The voices that the app keeps, of all users."""
    return sorted((server.data / "users").glob("*/voices/*"))


def cell(notebook, text):
    """Return the outputs of the one code cell that holds `text`."""
    (found,) = [c for c in notebook.cells if c.cell_type == "code" and text in c.source]
    return found.outputs


def printed(outputs):
    return "".join(o.text for o in outputs if o.output_type == "stream")


def media(outputs, kind):
    """Return what is embedded in outputs as data of a kind, such as "video/mp4"."""
    pages = [o.data.get("text/html", "") for o in outputs if "data" in o]
    return [
        base64.b64decode(found)
        for page in pages
        for found in re.findall(rf"data:{kind};base64,([\w+/=\s]+)", page)
    ]


def test_every_cell_of_the_notebook_runs_and_shows_what_it_promises(
    before, notebook, elsewhere, server
):
    errors = [o for c in notebook.cells for o in c.get("outputs", ()) if o.output_type == "error"]
    assert errors == []

    chat = cell(notebook, "client.submit")
    (grown,) = [o for o in chat if o.output_type == "display_data"]
    assert VIETNAMESE.search(grown.data["text/plain"])

    filmed = cell(notebook, 'clip["engines"]')
    _, *engines, puppet, still = printed(filmed).splitlines()
    assert (puppet, still) == ("puppet", "still")
    assert [line.split(":")[0] for line in engines] == [*PORTRAITS]
    assert all(re.search(r": not here \([\w.]+\)$", line) for line in engines)
    assert len(media(filmed, "video/mp4")) == 2

    shown = cell(notebook, "display(Audio(audio), Video")
    (sound,), (film,) = media(shown, "audio/(?:x-)?wav"), media(shown, "video/mp4")
    (elsewhere / "a.wav").write_bytes(sound)
    (elsewhere / "a.mp4").write_bytes(film)
    assert seconds_of(elsewhere / "a.mp4") == pytest.approx(
        soundfile.info(elsewhere / "a.wav").duration, abs=0.1
    )

    moods = cell(notebook, "moods =")[0].data["text/html"]
    for label in ("Enjoyment", "Sadness", "Anger", "Fear", "Surprise", "Other"):
        assert f"<td>{label}</td>" in moods
    assert "Em chào anh ạ." in cell(notebook, '"/repair"')[0].data["text/plain"]
    assert "ngàn" in printed(cell(notebook, '"/normalize"'))
    assert printed(cell(notebook, "consent=False")).startswith("consent_required.voice: ")
    portrait = cell(notebook, 'handle_file("portrait.jpg")')
    assert re.search(r"photo-\w+ \[\d+", printed(portrait))
    assert media(portrait, "video/mp4")
    assert "'learned': 24" in printed(cell(notebook, '"/learn_style"'))
    assert "cà phê sữa đá" in printed(cell(notebook, "uống gì không"))
    assert "engine_unavailable.no_recogniser" in printed(cell(notebook, '"/listen"'))
    assert "noi-quy.txt" in printed(cell(notebook, '"/add_document"'))
    assert "memories.json" in printed(cell(notebook, '"/export"'))
    assert "'documents': 1" in printed(cell(notebook, '"/import"'))

    deleted = printed(cell(notebook, "removed ="))
    assert re.search(r"'voices': 1\b", deleted)
    assert deleted.endswith("left: []\n")
    assert voices(server) == before


@pytest.mark.parametrize("loaded", [True, False])
def test_where_all_weights_are_the_notebook_shows_a_clip_with_every_engine(loaded, capsys):
    """The cell itself, with an app of which all engines could run in the app's place."""
    asked, shown, engines = [], [], ("drawn", *PORTRAITS, "puppet", "still")

    def call(endpoint, *inputs):
        if endpoint == "/add_avatar":
            return {"id": "clip", "kind": "clip", "advice": [], "engines": ["puppet", "still"]}
        if endpoint == "/engines":
            row = {"stage": "avatar", "available": True, "reason": ""}
            return [
                {"stage": "tts", "engine": "embedded"},
                *({**row, "engine": e} for e in engines),
            ]
        assert (endpoint, inputs[1]) == ("/animate", "clip")
        asked.append(inputs[2])
        if not loaded and inputs[2] in PORTRAITS:
            raise AppError("engine_unavailable.unknown_engine: puppet, still")
        return inputs[2]

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (source,) = [
        c.source for c in notebook.cells if 'clip["engines"]' in c.source and c.cell_type == "code"
    ]
    exec(  # the notebook's own cell
        source,
        {
            "call": call, "handle_file": str, "film": "", "key": "", "sample": "", "reading": "",
            "AppError": AppError, "Video": lambda film, **_: film, "display": shown.append,
        },
    )  # fmt: skip
    assert asked == [*PORTRAITS, "puppet", "still"]
    assert shown == (asked if loaded else ["puppet", "still"])
    assert ("unknown_engine" in capsys.readouterr().out) != loaded


def test_the_notebook_is_kept_without_outputs_and_calls_every_public_endpoint(server):
    kept = json.loads(NOTEBOOK.read_text("utf-8"))
    code = [c for c in kept["cells"] if c["cell_type"] == "code"]
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    source = "\n".join("".join(c["source"]) for c in code)
    endpoints = Client(server.url, verbose=False).view_api(return_format="dict")
    missing = [name for name in endpoints["named_endpoints"] if f'"{name}"' not in source]
    assert missing == []


def talk(*arguments):
    script = shutil.copy(EXAMPLES / "talk.py", Path.cwd())
    return subprocess.run(
        [sys.executable, script, *arguments],
        capture_output=True, encoding="utf-8", timeout=60, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def test_the_script_tells_the_answer_and_saves_voice_and_face(elsewhere):
    done = talk("Chào em, anh tên Minh", "--video", "answer.mp4", "--audio", "answer.wav")
    assert done.returncode == 0, done.stderr
    reply, *details = done.stdout.splitlines()
    assert VIETNAMESE.search(reply)
    assert "em / anh" in details[0]
    assert "first_audio" in done.stdout
    assert seconds_of(elsewhere / "answer.mp4") == pytest.approx(
        soundfile.info(elsewhere / "answer.wav").duration, abs=0.1
    )


def test_the_script_remembers_with_a_key(elsewhere):
    key = talk("--new-key").stdout.strip()
    talk("Anh thích uống trà sen", "--key", key)
    assert "trà sen" in talk("Em nhớ anh thích uống gì không?", "--key", key).stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["chào", "--key", "x"], "invalid_input.not_issued"),
        ([" "], "invalid_input.empty"),
        ([], "Give a message"),
        (["chào", "--url", "http://127.0.0.1:1"], "No Gương answers"),
    ],
)
def test_the_script_says_what_is_wrong_in_a_line(elsewhere, arguments, told):
    done = talk(*arguments)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def seconds_of(path):
    with av.open(str(path)) as file:
        assert sum(1 for _ in file.decode(video=0)) > 10
        return float(file.duration / av.time_base)
