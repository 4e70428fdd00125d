"""What is never remembered, whoever asks for it: passwords and numbers that open accounts."""

from __future__ import annotations

import re
from typing import Literal

from modules.memory.wording import fold

Secret = Literal["password", "identity_number", "bank_card", "bank_account", "one_time_code"]

# All patterns run on text without diacritics, so that one spelling covers all.
_PASSWORD = re.compile(
    r"\b(?:mat khau|mat ma|password|passcode|passwd|pass|mk|pw)\b"
    r"(?:[^.!?\n]{0,60}?(?:\bla\b|[:=])\s*\S|[^.!?\n]{0,30}?\b(?=\w*\d)\w{4,})"
)
_ASKED = re.compile(r"\bla\s+(?:gi|sao|bao nhieu|the nao)\b")
_CODE = re.compile(
    r"\b(?:otp|ma pin|pin the|pin atm|cvv|cvc|ma xac (?:nhan|thuc|minh)|ma bao mat|smart otp)\b"
    r"\D{0,40}\d[\d ]{2,}"
)
_ACCOUNT = re.compile(
    r"\b(?:stk|so tai khoan|tai khoan(?: ngan hang)?|so tk)\b\D{0,40}\d[\d .-]{5,}"
)
_IDENTITY = re.compile(
    r"\b(?:cmnd|cccd|cmt|can cuoc(?: cong dan)?|chung minh(?: thu| nhan dan)?|so dinh danh|ho chieu"
    r"|passport|ma so thue|so bhxh|bao hiem xa hoi)\b\D{0,40}[a-z]?\d[\d .]{6,}"
)
_CARD_WORD = re.compile(r"\b(?:the|visa|mastercard|atm|napas|credit|debit)\b")
_DIGITS = re.compile(r"\d(?:[ .-]?\d)+")
_SPOKEN = {
    "khong": "0", "mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5",
    "lam": "5", "sau": "6", "bay": "7", "tam": "8", "chin": "9",
}  # fmt: skip
_SPOKEN_RUN = re.compile(rf"\b(?:{'|'.join(_SPOKEN)})(?: (?:{'|'.join(_SPOKEN)})\b){{3,}}")
_CITIZEN_DIGITS = 12
_CARD_DIGITS = range(13, 20)


def secret_in(text: str) -> Secret | None:
    """Return which kind of secret a text holds, None where it holds none.

    Card numbers are known by their check digit (ISO/IEC 7812, Luhn), citizen numbers by their
    twelve digits that begin with 0 (Decree 137/2015/ND-CP); the others by the word before them.
    """
    plain = _digits_for_words(fold(text))
    if _PASSWORD.search(plain) and not _ASKED.search(plain):
        return "password"
    if _CODE.search(plain):
        return "one_time_code"
    if _IDENTITY.search(plain):
        return "identity_number"
    if _ACCOUNT.search(plain):
        return "bank_account"
    return _number_in(plain)


def _number_in(plain: str) -> Secret | None:
    for match in _DIGITS.finditer(plain):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) in _CARD_DIGITS and (_passes_luhn(digits) or _CARD_WORD.search(plain)):
            return "bank_card"
        if len(digits) == _CITIZEN_DIGITS and digits.startswith("0"):
            return "identity_number"
    return None


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) for digit in reversed(digits)]
    for place in range(1, len(doubled), 2):
        value = doubled[place] * 2
        doubled[place] = value - 9 if value > 9 else value
    return sum(doubled) % 10 == 0


def _digits_for_words(plain: str) -> str:
    # Speech recognition writes a number that was dictated digit by digit as words.
    def digits(match: re.Match[str]) -> str:
        return "".join(_SPOKEN[word] for word in match.group().split())

    return _SPOKEN_RUN.sub(digits, plain)
