"""Sentences that no cache has seen: made anew for each run, of ordinary words."""

from __future__ import annotations

import random

_WHO = ("mình", "bạn mình", "cô giáo", "chú hàng xóm", "em gái mình", "ông nội", "bà ngoại")
_DID = ("vừa mua", "đang nấu", "thích ăn", "hay kể về", "mới tìm được", "đi tìm", "vẽ một bức về")
_WHAT = (
    "bát phở gà", "quyển truyện cũ", "chiếc xe đạp", "bó hoa cúc", "con mèo mướp", "cái ô đỏ",
    "đĩa bánh cuốn", "bức tranh làng quê",
)  # fmt: skip
_WHEN = ("sáng nay", "hôm qua", "chiều thứ bảy", "tối hôm kia", "tuần trước", "lúc trời mưa")


class Sentences:
    """An endless supply, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def one(self) -> str:
        """Return a statement of about ten syllables with a number that makes it unique."""
        choose = self._random.choice
        number = self._random.randint(2, 9_999)
        return f"{choose(_WHEN)} {choose(_WHO)} {choose(_DID)} {choose(_WHAT)} số {number}"

    def story(self, count: int) -> str:
        """Return `count` statements as one text."""
        return ". ".join(self.one().capitalize() for _ in range(count)) + "."
