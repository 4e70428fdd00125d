"""Language models: from a request to the text of an answer, a few characters at a time."""

from modules.engines import EngineSpec

ENGINES: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="openai",
        stage="llm",
        factory="modules.llm.openai:ChatEngine",
        needs=frozenset({"network"}),
        packages=("openai",),
        licence="",
        # The engine keeps stricter limits of its own, from GUONG_LLM_TIMEOUT_S.
        first_output_s=120.0,
        next_output_s=30.0,
    ),
    EngineSpec(
        name="companion",
        stage="llm",
        factory="modules.llm.companion.engine:Companion",
        megabytes=6,
        first_output_s=2.0,
        next_output_s=1.0,
    ),
)
"""Best first. The licence of a remote model is its owner's."""

__all__ = ["ENGINES"]
