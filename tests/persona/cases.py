"""The cases of this directory, and the fixed rule by which half of them is held out.

`address_cases.jsonl` and `repair_cases.jsonl` were written before the rules. The half whose
sha256 begins with an odd byte is not looked at while rules are written: only its score is.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Case = dict[str, Any]


def load(name: str) -> list[Case]:
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def held_out(case: Case) -> bool:
    text = case.get("utterance") or case["text"]
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 1


def halves(name: str) -> tuple[list[Case], list[Case]]:
    """Return the half that rules are written on, and the half held out."""
    cases = load(name)
    return [case for case in cases if not held_out(case)], [
        case for case in cases if held_out(case)
    ]
