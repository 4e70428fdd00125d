"""How well a language model keeps its words: pair, drift, compounds, manners, region, Vietnamese.

25 dialogues of eight lines (`dialogues.jsonl`) are held with any engine of the registry, told what
the app would tell it, once as the model speaks and once behind the guard; each answer is judged by
`judging.py`. `python -m benchmarks.language --llm companion`; for `openai` the environment names
the server, as it does for the app.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import anyio

from benchmarks.judging import Verdict, compounds, judge
from benchmarks.report import Figure
from modules.engines import Engine, EngineSpec
from modules.errors import LADDER_ERRORS
from modules.llm import ENGINES
from modules.messages import Line, Pair, Persona, Region, Tone, TurnRequest
from modules.persona import Guard, instructions, rewrite_history

_DIALOGUES = Path(__file__).with_name("dialogues.jsonl")
_LIMIT_S = 120.0
"""An answer that takes longer counts as none."""


@dataclass(frozen=True)
class Turn:
    """One answer: as the model wrote it, and as it was said; both empty where none came."""

    pair: Pair
    written: str
    said: str
    verdict: Verdict


def load_engine(name: str) -> Engine[Any, Any]:
    """Return an engine of the registry, loaded. Raises `EngineUnavailable` where it cannot be."""
    spec: EngineSpec = next(spec for spec in ENGINES if spec.name == name)
    engine = spec.make()
    engine.load()
    return engine


def dialogues() -> list[dict[str, Any]]:
    """Return the dialogues: pair, region and tone, and the user's lines.

    A line with a `pair` asks for it: from there on the answer is to be in that one.
    """
    return [json.loads(line) for line in _DIALOGUES.read_text(encoding="utf-8").splitlines()]


def score(engine: Engine[Any, Any], some: Sequence[dict[str, Any]] | None = None) -> list[Figure]:
    """Return an engine's scores in percent, with the guard off and on; the last is the mean."""
    figures = []
    for guarded in (False, True):
        held = [anyio.run(_converse, engine, talk, guarded) for talk in some or dialogues()]
        rows = _figures(held)
        whole = Figure("mean", mean(row.value for row in rows), "%")
        state = "guard on" if guarded else "guard off"
        for row in (*rows, whole):
            name = f"{row.name}, {state}"
            figures.append(Figure(name, round(row.value, 1), "%", detail=row.detail))
    return figures


async def _converse(engine: Engine[Any, Any], talk: dict[str, Any], guarded: bool) -> list[Turn]:
    """Hold one dialogue; the model reads its own earlier answers as they were said."""
    pair = Pair(*talk["pair"])
    persona = Persona(name="Gương", region=talk["region"], tone=talk["tone"])
    history: tuple[Line, ...] = ()
    turns: list[Turn] = []
    for number, line in enumerate(talk["turns"], 1):
        asked = Pair(*line["pair"]) if "pair" in line else pair
        history, pair = rewrite_history(history, pair, asked), asked
        request = TurnRequest(
            number, line["say"], history=history, persona=persona, pair=pair,
            instructions=instructions(persona, None, pair),
        )  # fmt: skip
        written = await _answer(engine, request)
        said = _guarded(written, pair, persona.region, persona.tone) if guarded else written
        verdict = judge(said, pair, persona.region, persona.tone)
        turns.append(Turn(pair, written, said, verdict))
        history = (*history, Line("user", line["say"]), Line("assistant", said))
    return turns


async def _answer(engine: Engine[Any, Any], request: TurnRequest) -> str:
    """Return what the engine answers; nothing where it fails."""
    stream = engine.open(request)
    parts: list[str] = []
    try:
        with anyio.fail_after(_LIMIT_S):
            await stream.push(request)
            async with aclosing(aiter(stream)) as deltas:  # type: ignore[type-var]
                parts = [delta.text async for delta in deltas]
    except (*LADDER_ERRORS, TimeoutError):
        return ""
    finally:
        await stream.aclose()
    return "".join(parts).strip()


def _guarded(text: str, pair: Pair, region: Region, tone: Tone) -> str:
    guard = Guard(pair, region, tone)
    return "".join([*guard.push(text), *guard.finish()])


def _figures(held: Sequence[Sequence[Turn]]) -> list[Figure]:
    turns = [turn for talk in held for turn in talk]
    verdicts = [turn.verdict for turn in turns if turn.said]
    kept, there = _kept(turns)
    wrong = Counter(word for verdict in verdicts for word in verdict.wrong).most_common(4)
    said = ", ".join(f"{word} {count}" for word, count in wrong)
    return [
        _share("answered", len(verdicts), len(turns)),
        _precision("I", [(v.self_right, v.self_wrong) for v in verdicts], said),
        _precision("you", [(v.user_right, v.user_wrong) for v in verdicts], ""),
        _steady(held),
        # Who says no compound has spoiled none: that is not counted either way.
        *([_share("compounds left alone", kept, there)] if there else []),
        _share("particles", sum(v.particles for v in verdicts), len(verdicts)),
        _share("region", sum(v.region for v in verdicts), len(verdicts)),
        _share("Vietnamese", sum(not v.english for v in verdicts), len(verdicts)),
    ]


def _kept(turns: Iterable[Turn]) -> tuple[int, int]:
    """Count compounds and classifiers that are said as they should be, and all of them."""
    kept = there = 0
    for turn in turns:
        before, after = Counter(compounds(turn.written)), Counter(compounds(turn.said))
        kept += (before & after).total()
        there += before.total() + turn.verdict.broken
    return kept, there


def _steady(held: Sequence[Sequence[Turn]]) -> Figure:
    """Return the share of dialogues in which the pair never changes without being asked."""
    spoken = [talk for talk in held if any(turn.said for turn in talk)]
    drifts = [first for talk in spoken if (first := _drift(talk))]
    detail = f", first at line {median(drifts):g} of {len(held[0])}" if drifts else ""
    steady = _share("dialogues in one pair", len(spoken) - len(drifts), len(held))
    return Figure(steady.name, steady.value, "%", detail=steady.detail + detail)


def _drift(talk: Sequence[Turn]) -> int:
    """Return the number of the first answer that is in another pair, 0 where there is none."""
    return next((n for n, turn in enumerate(talk, 1) if turn.verdict.out_of_pair), 0)


def _precision(name: str, counts: Sequence[tuple[int, int]], said: str) -> Figure:
    right, wrong = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    share = _share(f"precision of {name}", right, right + wrong)
    detail = f"{share.detail}; wrong: {said}" if said else share.detail
    return Figure(share.name, share.value, "%", detail=detail)


def _share(name: str, right: int, of: int) -> Figure:
    return Figure(name, 100 * right / of if of else 0.0, "%", detail=f"{right} of {of}")
