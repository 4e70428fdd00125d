"""Reading the pictures that people upload.

Uploads are hostile until shown otherwise: only named formats are opened, sizes are checked before
anything is unpacked, and each way to be unusable has a reason of its own. Of an animated picture
the first frame is taken; transparency is laid over grey; a picture is turned as its EXIF says and
brought to sRGB.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from contextlib import suppress

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from modules.errors import InvalidInput
from modules.messages import ByteArray

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF")
MAX_BYTES = 40 << 20
MAX_MEGAPIXELS = 64
"""An 8K picture has 33, the largest telephones take 50 to 64 at everyday settings."""
SMALLEST = 64
"""Pixels of the shorter side below which no face is searched for."""
LARGEST = 2048
"""The longer side of what is worked with: a face in it is still sharper than the puppet."""

_GREY = (196, 196, 196)
_FIELD = "file"
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError,
    struct.error, zlib.error, MemoryError,
)  # fmt: skip
"""What Pillow's decoders raise over bad bytes."""


def read_image(data: bytes) -> ByteArray:
    """Return a picture as uint8 [height, width, 3] sRGB, the longer side at most `LARGEST`.

    Raises `InvalidInput` with `field` "file": `image_empty`, `image_bytes` (`limit` MB),
    `not_image`, `image_truncated`, `image_broken`, `image_pixels` (`megapixels`, `limit`) or
    `image_tiny` (`width`, `height`, `needed`).
    """
    if not data:
        raise InvalidInput("image_empty", field=_FIELD)
    if len(data) > MAX_BYTES:
        raise InvalidInput("image_bytes", field=_FIELD, limit=MAX_BYTES >> 20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of doubtful metadata, and of sizes that are checked here
        with _opened(data) as image:
            _check_size(*image.size)
            return _unpacked(image)


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        limit = MAX_MEGAPIXELS
        raise InvalidInput(
            "image_pixels", field=_FIELD, megapixels=2 * limit, limit=limit
        ) from error
    except UnidentifiedImageError as error:
        raise InvalidInput("not_image", field=_FIELD) from error
    except _BROKEN as error:
        raise InvalidInput("image_broken", field=_FIELD) from error


def _check_size(width: int, height: int) -> None:
    megapixels = width * height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise InvalidInput(
            "image_pixels", field=_FIELD, megapixels=round(megapixels), limit=MAX_MEGAPIXELS
        )
    if min(width, height) < SMALLEST:
        raise InvalidInput("image_tiny", field=_FIELD, width=width, height=height, needed=SMALLEST)


def _unpacked(image: Image.Image) -> ByteArray:
    try:
        image.draft("RGB", (LARGEST, LARGEST))  # a large JPEG is unpacked at a fraction of its size
        image.load()
    except OSError as error:
        truncated = "truncated" in str(error) or "unrecognized data" in str(error)
        reason = "image_truncated" if truncated else "image_broken"
        raise InvalidInput(reason, field=_FIELD) from error
    except _BROKEN as error:
        raise InvalidInput("image_broken", field=_FIELD) from error
    profile = image.info.get("icc_profile")
    try:
        rgb = _srgb(_upright(_eight_bits(image)), profile)
        rgb.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
        _check_thin(rgb)
        return np.ascontiguousarray(rgb, dtype=np.uint8)
    except _BROKEN as error:
        raise InvalidInput("image_broken", field=_FIELD) from error


def _check_thin(image: Image.Image) -> None:
    # A strip of 64 x 60,000 pixels has become a line.
    if min(image.size) < SMALLEST // 2:
        width, height = image.size
        raise InvalidInput("image_tiny", field=_FIELD, width=width, height=height, needed=SMALLEST)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture of a deep or a floating-point mode in eight bits; others as they are."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    most = 65_535.0 if image.mode != "F" else max(float(values.max(initial=0.0)), 1e-9)
    scaled = np.clip(values * (255.0 / most), 0, 255).astype(np.uint8)
    deep = Image.fromarray(scaled)
    deep.info["exif"] = image.info.get("exif", b"")
    return deep


def _upright(image: Image.Image) -> Image.Image:
    with suppress(*_BROKEN):  # metadata that cannot be read turns nothing
        return ImageOps.exif_transpose(image) or image
    return image


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in ("RGB", "CMYK"):
        with suppress(ImageCms.PyCMSError, *_BROKEN):  # a broken profile changes nothing
            converted = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"), outputMode="RGB",
            )  # fmt: skip
            if converted is not None:
                return converted
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        ground = Image.new("RGBA", seen.size, (*_GREY, 255))
        return Image.alpha_composite(ground, seen).convert("RGB")
    return image.convert("RGB")
