"""The first step: whatever Unicode brings becomes letters, digits and signs that the rules know."""

from __future__ import annotations

import re
import unicodedata

VIETNAMESE = frozenset(
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz"
)
"""The letters that may be said, in lower case."""
CAPITAL = "[" + "".join(sorted(letter.upper() for letter in VIETNAMESE)) + "]"
"""Pattern of a capital letter. In Unicode they alternate with small ones: no range will do."""
SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~–…•°⁄€£¥₫₩฿‰±×÷≠≈≤≥√∞→№§")
GREEK = frozenset("αβγδΔεθλµμπρσΣτφωΩ")
GREEK_WORD = re.compile(r"(?<=[^\W\d_])(?=[α-ωΔΣΩµ])|(?<=[αβγδΔεθλπρσΣτφωΩ])(?=[^\W\d_])")
"""Where a Greek letter touches a word; µ and Ω may stand in a unit ("5µm")."""
ALIKE = {
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"', "＂": '"',
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "ʼ": "'", "´": "'", "ʹ": "'",
    "‐": "-", "‑": "-", "−": "-", "﹣": "-", "－": "-", "—": "–", "―": "–", "‒": "–",
    "·": "•", "●": "•", "▪": "•", "■": "•", "◦": "•", "‣": "•", "►": "•", "➤": "•", "▶": "•",
    "✓": "•", "✔": "•", "★": "•", "☆": "•", "✅": "•", "➢": "•", "❖": "•", "◆": "•", "♦": "•",
    "。": ".", "、": ",", "，": ",", "【": "(", "】": ")", "「": '"', "」": '"',
    "『": '"', "』": '"',
    "⇒": "→", "➜": "→", "➡": "→", "⟶": "→", "∼": "~", "～": "~", "⋅": "×", "∙": "×", "✕": "×",
    "™": " ", "®": " ", "©": " ", "℠": " ", "ª": " ", "º": "°",
    "⁰": "^0", "¹": "^1", "²": "^2", "³": "^3", "⁴": "^4", "⁵": "^5", "⁶": "^6", "⁷": "^7",
    "⁸": "^8", "⁹": "^9", "Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ß": "ss", "æ": "ae",
    "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "ı": "i", "þ": "th",
    "\t": " ", "\n": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n",
    "\r": "\n",
}  # fmt: skip


def clean_characters(text: str) -> str:
    """Return the text in NFC, with nothing in it but letters, digits and signs that can be read.

    Full-width and ornamental forms become plain, other digits become 0-9, foreign accents fall
    ("Zürich", "señor"), look-alike quotes, dashes and bullets become one kind. Letters of other
    scripts and pictures leave a space: a synthesiser of Vietnamese cannot say them. What has no
    width disappears.
    """
    text = text.replace("\r\n", "\n").translate(_PLAIN)
    if text.isascii():
        return text
    # Heaps of marks on one letter would cost quadratic time in the composition.
    text = unicodedata.normalize("NFC", HEAP.sub(r"\1", text))
    return GREEK_WORD.sub(" ", text.translate(_PLAIN).translate(NO_MARKS))


MARKS = "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"
"""The marks that Vietnamese letters are composed with."""
NO_MARKS = dict.fromkeys(map(ord, MARKS))
HEAP = re.compile(f"([{MARKS}]{{3}})[{MARKS}]+")


class _Plain(dict[int, str]):
    """Maps a code point; what is not known is worked out, not kept: the text may be hostile."""

    def __missing__(self, code: int) -> str:
        return _plain(chr(code))


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me", "Cs"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    compatible = unicodedata.normalize("NFKC", char)
    if compatible != char and category != "Co":
        kept = "".join(_PLAIN.get(ord(c), "") for c in compatible)
        if "⁄" in kept:  # "2½" is two and a half
            return f" {kept}"
        return kept if kept.strip() else " "
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() and base.isalpha() else " "


def _known() -> _Plain:
    plain = _Plain({code: chr(code) for code in range(32, 127)})
    for char in VIETNAMESE:
        plain[ord(char)] = char
        plain[ord(char.upper())] = char.upper()
    plain.update({ord(char): char for char in SIGNS | GREEK | set(MARKS)})
    plain.update({ord(char): other for char, other in ALIKE.items()})
    return plain


_PLAIN = _known()
