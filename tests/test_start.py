"""What the app leaves alone until it is needed: each looked at in an interpreter of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEVER = ("torch", "transformers", "tensorflow")
HEAVY = (*NEVER, "chromadb", "skia", "cv2", "pyworld", "faster_whisper", "ctranslate2")
STAGES = ("asr", "emotion", "memory", "llm", "tts", "voice", "avatar")


def loaded_by(code, names, *arguments):
    """Return which of the packages `names` are loaded after `code` ran."""
    look = f"\nimport json, sys; print(json.dumps([n for n in {names!r} if n in sys.modules]))"
    command = [sys.executable, "-c", code + look, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_app_and_its_page_are_made_without_torch(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "import app\n"
        "from modules.settings import Settings\n"
        "from modules.ui.launch import make_app\n"
        "made = make_app(Settings(data=Path(sys.argv[1])))\n"
        "from modules.ui.blocks import build\n"
        "build(made)\n"
        "assert 'gradio' in sys.modules"
    )
    assert loaded_by(code, NEVER, tmp_path) == []


def test_every_embedded_engine_loads_and_serves_without_torch(tmp_path):
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from modules.settings import Settings\n"
        "from modules.ui.launch import make_app\n"
        "async def main():\n"
        "    made = make_app(Settings(data=Path(sys.argv[1])))\n"
        "    async with made.running():\n"
        "        await made.ready.wait()\n"
        "        assert all(made.default_engines()[s] for s in ('llm', 'tts', 'voice', 'avatar'))\n"
        "asyncio.run(main())\n"
        "assert 'skia' in sys.modules and 'chromadb' in sys.modules"
    )
    assert loaded_by(code, NEVER, tmp_path) == []


@pytest.mark.parametrize("stage", STAGES)
def test_importing_a_stage_loads_nothing_heavy(stage):
    assert loaded_by(f"from modules.{stage} import ENGINES\nassert ENGINES", HEAVY) == []


def test_a_package_that_is_loaded_is_found():
    assert loaded_by("import cv2", HEAVY) == ["cv2"]
