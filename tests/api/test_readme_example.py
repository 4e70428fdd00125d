"""The example of the README runs as it stands there."""

import re
from pathlib import Path

import av
import soundfile

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_example_of_the_readme_runs(server):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert '"http://127.0.0.1:7860"' in example
    space = {}
    exec(example.replace("http://127.0.0.1:7860", server.url), space)
    assert space["details"]["emotion"]["label"] == "Enjoyment"
    assert space["details"]["address"]["assistant_self"] == "chị"
    assert soundfile.info(space["wav"]).duration > 0.3
    with av.open(space["video"]) as file:
        assert file.metadata["ai_generated"] == "true"
