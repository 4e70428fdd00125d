"""Settings of the app, read once from the environment (`GUONG_...`).

Secrets and keys come from the environment only, never from a file in the repository or the page.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MOUNT = Path("/data")
"""Where a Space has its bucket, if one is mounted."""


def _default_bucket() -> Path | None:
    mounted = os.environ.get("SPACE_ID") and os.access(MOUNT, os.W_OK)
    return MOUNT / "guong" if mounted else None


def _default_data() -> Path:
    # Where desktop programs keep user data. On a Space this is lost at a restart: see `bucket`.
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "guong"


class Settings(BaseSettings):
    """One field per environment variable: `data` is `GUONG_DATA`, and so on."""

    model_config = SettingsConfigDict(env_prefix="GUONG_", frozen=True, extra="ignore")

    data: Path = Field(default_factory=_default_data)
    """Directory of everything that is kept: voices, memories, weights, caches. Mode 0700."""
    bucket: Path | None = Field(default_factory=_default_bucket)
    """Where what is kept of users is copied to, and taken back from after a restart; weights lie
    there at once. On a Space `/data/guong`, where a bucket is mounted."""
    secret: SecretStr | None = None
    """Key of the user ids; made and kept in `data` where it is not given."""
    language: str = "vi"
    """Language of the page where neither the visitor nor the browser says another."""

    asr: str = ""
    emotion: str = ""
    llm: str = ""
    tts: str = ""
    voice: str = ""
    avatar: str = ""
    """Engine to prefer in each stage; empty follows the ladder."""

    emotion_model: Path | None = None
    """Folder of a network that the owner trained for feelings (`python -m modules.emotion.train`),
    where it is not `models/phobert-own` under `data`."""

    restricted: bool = True
    """Whether models may be used whose licence forbids some uses (commercial ones, say)."""
    research: bool = False
    """Whether Wav2Lip may be used, whose authors allow research and personal use only: off until
    the owner says that this is such a use."""
    max_turns: int = 32
    """Turns at once; the next is refused with `AtCapacity`."""
    max_message: int = 4_000
    """Characters of one message."""
    lead_s: float = 4.0
    """How far media may run ahead of its playback."""
    end_of_turn_s: float = 0.6
    """Silence after which the user is taken to have finished."""
    keep_days: int = 365
    """Voices that were not used for this long are deleted."""

    llm_url: str = ""
    """Base URL of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1."""
    llm_model: str = ""
    llm_provider: str = ""
    """Whom Hugging Face asks for `llm_model`, with the token in HF_TOKEN: a provider such as
    "together" or "cerebras", or "auto"; empty asks nobody."""
    llm_key: SecretStr | None = None
    llm_timeout_s: float = 20.0

    @property
    def models(self) -> Path:
        """Return the directory of weights: written once and whole, so a bucket will do."""
        return (self.bucket or self.data) / "models"

    def preferred(self, stage: str) -> tuple[str, ...]:
        """Return the engine that the environment prefers for a stage, if any."""
        name = getattr(self, stage, "")
        return (name,) if name else ()
