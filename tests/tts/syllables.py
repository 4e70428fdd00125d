"""Every syllable that Vietnamese spelling can write: initial, rhyme and tone, by rule."""

from __future__ import annotations

import unicodedata


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


INITIALS = ("", *_words("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"))
RHYMES = _words(
    """a ai ao au ay am an ang anh ap at ac ach ăm ăn ăng ăp ăt ăc âu ây âm ân âng âp ât âc
    e eo em en eng ep et ec ê êu êm ên ênh êp êt êch i ia iu im in inh ip it ich
    iêu iêm iên iêng iêp iêt iêc o oi om on ong op ot oc oong ooc ô ôi ôm ôn ông ôp ôt ôc
    ơ ơi ơm ơn ơp ơt u ua ui um un ung up ut uc uôi uôm uôn uông uôt uôc ư ưa ưi ưu ưm ưng ưt ưc
    ươi ươu ươm ươn ương ươp ươt ươc oa oai oao oay oam oan oang oanh oap oat oac oach
    oăm oăn oăng oăt oăc oe oeo oen oet uân uâng uât uây uê uêu uênh uêch uơ
    uy uya uyu uyn uynh uyt uych uyên uyêt"""
)
TONES = {
    "ngang": "",
    "sắc": "\u0301",
    "huyền": "\u0300",
    "hỏi": "\u0309",
    "ngã": "\u0303",
    "nặng": "\u0323",
}
_VOWELS = "aăâeêioôơuưy"
_STOPPED = ("p", "t", "c", "ch")


def with_tone(initial: str, rhyme: str, tone: str) -> str:
    """Return a syllable with its tone mark where the spelling puts it."""
    vowels = [i for i, letter in enumerate(rhyme) if letter in _VOWELS]
    marked = [i for i in vowels if rhyme[i] in "ăâêôơư"]
    if marked:
        at = marked[-1]
    elif len(vowels) == 3:
        at = vowels[1]
    elif rhyme[vowels[-1] + 1 :] or rhyme in ("oa", "oe", "uy"):
        at = vowels[-1]
    else:
        at = vowels[0]
    return unicodedata.normalize("NFC", initial + rhyme[: at + 1] + tone + rhyme[at + 1 :])


def all_syllables() -> list[str]:
    """Return all of them, about 17,000, many of which no word uses."""
    found = dict.fromkeys(
        with_tone(initial, _behind(initial, rhyme), tone)
        for initial in INITIALS
        for rhyme in RHYMES
        if _fits(initial, rhyme)
        for name, tone in TONES.items()
        if not rhyme.endswith(_STOPPED) or name in ("sắc", "nặng")
    )
    return list(found)


def _behind(initial: str, rhyme: str) -> str:
    return "y" + rhyme[1:] if not initial and rhyme.startswith("iê") else rhyme


def _fits(initial: str, rhyme: str) -> bool:
    front = rhyme[0] in "eêiy"
    if initial in ("c", "g", "ng"):
        return not front and not (initial == "c" and rhyme[:2] in ("oa", "oe", "uy", "uâ", "uê"))
    if initial in ("k", "gh", "ngh"):
        return front
    if initial == "qu":
        return rhyme[0] not in "ou"
    return not (initial == "gi" and rhyme[0] == "i")
