"""Speech whose mouth is known: espeak with its phonemes, in many voices and at uneven rates."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import fftconvolve

from benchmarks.stock_voices import stock_file
from modules.messages import SPEECH_RATE, FloatArray, Viseme
from modules.tts import espeak_library, mastering
from modules.tts.viseme_table import SHAPES
from modules.tts.visemes import visemes
from modules.tts.voices import VOICES, voice_file

SENTENCES = (
    "Xin chào bạn, hôm nay trời đẹp quá, chúng ta cùng đi dạo quanh hồ nhé.",
    "Tôi rất tiếc khi nghe tin buồn này, bạn có muốn kể thêm cho tôi nghe không?",
    "Mẹ mua một bó hoa hồng màu đỏ, còn bố thì pha một ấm trà nóng.",
    "Ngày mai chúng tôi sẽ bay vào thành phố để thăm ông bà và mấy đứa cháu.",
    "Con mèo nhà em ngủ suốt ngày trên ghế, còn con chó thì chạy khắp vườn.",
    "Dạ, em chào anh chị ạ, sáng nay thời tiết khá mát mẻ.",
    "Em vừa đi chợ mua ít rau muống, cà chua và một con cá chép.",
    "Nếu anh chị rảnh thì ghé qua chơi, nhà em lúc nào cũng rộng cửa.",
)
"""The first four are measured with, the others trained on."""
HELD_OUT_SENTENCES = (
    "Bà ngoại bảo tôi mang bát phở bò vào phòng cho bố.",
    "Chiều qua trời mưa rất to, đường phố ngập hết, xe máy chết máy hàng loạt.",
    "Cậu có thể giúp mình tìm một quán cà phê yên tĩnh gần đây không?",
    "Mùa xuân năm ấy, cả làng cùng nhau trồng cây và dựng lại chiếc cầu gỗ.",
    "Học sinh lớp bốn đọc to từng câu, rồi chép bài vào vở.",
    "Ông ấy im lặng một lúc, uống cạn chén nước vối rồi đứng dậy.",
)
"""Nothing was trained on these, and no figure of theirs was looked at while the mouth was made."""
TRAINED_VOICES = (
    *("f1", "f2", "Annie", "belinda", "m1", "m2", "m3", "m4", "m6", "Michael", "klatt", "klatt3"),
)
"""Stock voices to train on; those of `mouth_cases` are others."""
_OUR_SHARE = 0.65
FRAMES_A_SECOND = 100
_SMOOTH_S = 0.045


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Sound (mono float32 at `SPEECH_RATE`) and the mouth shapes that made it."""

    samples: FloatArray
    visemes: tuple[Viseme, ...]


def said(text: str, voice: str, words_per_minute: float = 180) -> Known:
    """Return text as espeak says it with a voice file."""
    made = espeak_library.speak(text, voice, words_per_minute)
    samples = mastering.without_offset(made.samples)
    return Known(samples, visemes(made.phonemes, samples, SPEECH_RATE))


def uneven(text: str, rng: random.Random) -> str:
    """Return text with espeak's commands for another rate and pitch before every word."""
    return " ".join(
        f"\x01{rng.randint(115, 270)}S\x01{rng.randint(42, 60)}P{word}" for word in text.split()
    )


def random_voice(rng: random.Random) -> str:
    """Return a voice file of a speaker who does not exist: ours or a trained one, changed."""
    if rng.random() < _OUR_SHARE:
        voice = rng.choice(VOICES)
        text = voice_file(voice, semitones=rng.uniform(-5, 5), pitch_range=rng.uniform(50, 110))
    else:
        text = stock_file(rng.choice(TRAINED_VOICES), rules=rng.choice((0, 0, 1, 2)), wide=True)
    scale = rng.uniform(0.82, 1.22)
    lines = []
    for line in text.splitlines():
        words = line.split()
        if words[0] == "formant" and len(words) > 3:
            words[2] = str(round(int(words[2]) * scale * rng.uniform(0.96, 1.04)))
            words[3] = str(round(int(words[3]) * rng.uniform(0.75, 1.3)))
        elif words[0] == "tone":
            words[2::2] = [
                str(round(min(255, int(w) * rng.uniform(0.5, 1.8)))) for w in words[2::2]
            ]
        lines.append(" ".join(words))
    return "\n".join([*lines, ""])


def spoiled(samples: FloatArray, rng: random.Random) -> FloatArray:
    """Return sound with the noise and the room of an ordinary recording."""
    noise = np.random.default_rng(rng.randrange(1 << 30))
    out = samples
    if rng.random() < 0.5:
        length = round(rng.uniform(0.05, 0.3) * SPEECH_RATE)
        room = noise.normal(size=length) * np.exp(-6.9 * np.arange(length) / length)
        room *= rng.uniform(0.02, 0.2) / np.sqrt(np.sum(room**2))
        room[0] += 1
        out = fftconvolve(out, room)[: len(out)]
    level = float(np.std(out)) * 10 ** (-rng.uniform(18, 60) / 20)
    return np.asarray(out + noise.normal(size=len(out)) * level, np.float32)


def curves(
    shapes: Sequence[Viseme], samples: int, rate: int = SPEECH_RATE, smooth_s: float = _SMOOTH_S
) -> FloatArray:
    """Return openness, spread and rounding 100 times a second, [n, 3], as soft as lips move."""
    count = -(-samples * FRAMES_A_SECOND // rate)
    made = np.zeros((count, 3), np.float32)
    times = np.arange(count) / FRAMES_A_SECOND * rate
    ends = np.array([viseme.end for viseme in shapes])
    which = np.minimum(np.searchsorted(ends, times, "right"), len(shapes) - 1)
    table = np.array(
        [
            [viseme.weight * value for value in (look.open, look.spread, look.round)]
            for viseme in shapes
            for look in (SHAPES[viseme.shape],)
        ]
    )
    made[:] = table[which]
    return np.asarray(gaussian_filter1d(made, smooth_s * FRAMES_A_SECOND, axis=0), np.float32)
