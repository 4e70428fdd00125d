"""Who speaks for a persona, and what is wanting where it is nobody of its sex and region."""

from __future__ import annotations

from modules import tts
from modules.conversation.session import Session
from modules.text.catalogue import tell
from modules.tts import AnyVoice

_FREE = {"Apache-2.0", "MIT", "BSD-3-Clause"}


def speaking(session: Session) -> str:
    """Return the base voice that speaks, as a sentence."""
    names = session.engines()["tts"]
    fit = tts.voice_in(names[0], session.persona) if names else None
    if fit is None:
        return ""
    return tell(
        session.language, "voice.speaks", voice=fit.voice.name, who=described(session, fit.voice)
    )


def misfits(session: Session, *, advice: bool = True) -> list[str]:
    """Return what is wanting: no voice of the persona's sex or region in an engine that runs, and,
    as `advice`, what to get where nobody but the machine's own voice speaks.
    """
    names, language = session.engines()["tts"], session.language
    worn = tts.base_voice(session.persona)
    who = {
        "gender": tell(language, f"voice.sex_{worn.gender}"),
        "region": tell(language, f"region.{worn.region}"),
    }
    said: list[str] = []
    for name in names:
        fit = tts.voice_in(name, session.persona)
        if name == tts.DRAWN or fit is None:
            continue
        if not fit.gender:
            said.append(tell(language, "voice.no_gender", engine=_name(language, name), **who))
        elif not fit.region:
            other = f"region.{fit.voice.region}" if fit.voice.region else "voice.region_unknown"
            said.append(
                tell(
                    language, "voice.no_region", engine=_name(language, name),
                    voice=fit.voice.name, theirs=tell(language, other), **who,
                )
            )  # fmt: skip
    if advice and names and names[0] == tts.DRAWN and (better := _to_be_had(session, names)):
        said.append(tell(language, "voice.drawn_only", engine=_name(language, better), **who))
    return said


def described(session: Session, voice: AnyVoice) -> str:
    """Return sex, region and engine of a voice, and its licence where that restricts its use."""
    language = session.language
    region = f"region.{voice.region}" if voice.region else "voice.region_unknown"
    parts = [
        tell(language, f"gender.{voice.gender}"), tell(language, region),
        _name(language, voice.engine),
    ]  # fmt: skip
    licence = next(spec.licence for spec in tts.ENGINES if spec.name == voice.engine)
    if voice.engine != tts.DRAWN and licence not in _FREE:
        parts.append(licence)
    return ", ".join(parts)


def _to_be_had(session: Session, names: tuple[str, ...]) -> str:
    """Return the best engine that does not run here and has a voice of the right sex and region."""
    for spec in tts.ENGINES:
        fit = tts.voice_in(spec.name, session.persona)
        if spec.name not in names and fit and fit.gender and fit.region:
            return spec.name
    return ""


def _name(language: str, engine: str) -> str:
    return tell(language, f"engine_name.{engine}")
