"""Language models: from a request to the text of an answer, a few characters at a time."""

from modules.engines import EngineSpec, Need


def _local(name: str, megabytes: int, licence: str, *needs: Need, first_s: float) -> EngineSpec:
    return EngineSpec(
        name=name,
        stage="llm",
        factory="modules.llm.local.engine:LocalModel",
        needs=frozenset[Need]({"packages", "weights", "torch", *needs}),
        packages=("torch", "transformers"),
        weights=(name,),
        megabytes=megabytes,
        licence=licence,
        first_output_s=first_s,
        next_output_s=first_s / 4,
    )


_URA = "URA-LLaMa Model User Agreement (research only), LLaMA-2 community licence"
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
        name="huggingface",
        stage="llm",
        factory="modules.llm.huggingface:ProviderEngine",
        needs=frozenset({"network"}),
        packages=("huggingface_hub",),
        licence="",
        first_output_s=120.0,
        next_output_s=30.0,
    ),
    _local("ura-llama-13b", 12_300, _URA, "cuda", "gated", "licence", first_s=20.0),
    _local("ura-llama-7b", 7_700, _URA, "cuda", "gated", "licence", first_s=20.0),
    _local("qwen3-8b", 8_400, "Apache-2.0", "cuda", first_s=20.0),
    _local("qwen3-4b", 5_000, "Apache-2.0", "cuda", first_s=20.0),
    _local("qwen3-1.7b", 5_200, "Apache-2.0", first_s=60.0),
    _local("qwen3-0.6b", 2_500, "Apache-2.0", first_s=60.0),
    EngineSpec(
        name="companion",
        stage="llm",
        factory="modules.llm.companion.engine:Companion",
        megabytes=6,
        first_output_s=2.0,
        next_output_s=1.0,
    ),
)
"""Best first. The licence of a remote model is its owner's.

`megabytes` of a local one is the least that it runs in: NF4 on a card, one conversation at a time,
and the working memory; on a larger card it takes more, and answers faster (`local/room.py`).
URA-LLaMA stands first: to have asked for it and been given it is a choice; who was not has Qwen3.
"""

__all__ = ["ENGINES"]
