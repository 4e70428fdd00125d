"""Every picture that somebody may send is read, or refused with a reason of its own."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from modules.avatar.photo.reading import LARGEST, MAX_BYTES, read_image
from modules.errors import InvalidInput

SIZE = (120, 90)


def picture(mode="RGB", size=SIZE):
    x, y = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    rgb = np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)
    return Image.fromarray(rgb).convert(mode)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def refused(data):
    with pytest.raises(InvalidInput) as caught:
        read_image(data)
    assert caught.value.params["field"] == "file"
    return caught.value.reason


def like(found, wanted, within=12.0):
    return np.abs(found.astype(float) - np.asarray(wanted, dtype=float)).mean() < within


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"),
        ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("RGB", "WEBP"), ("RGB", "BMP"), ("P", "GIF"),
        ("RGB", "TIFF"), ("CMYK", "TIFF"),
    ],
)  # fmt: skip
def test_every_usual_kind_and_mode_becomes_rgb(mode, kind):
    found = read_image(saved(picture(mode), kind))
    assert found.shape == (90, 120, 3)
    assert found.dtype == np.uint8
    if mode != "1":
        assert like(found, picture(mode).convert("RGB"), within=20)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight(kind):
    deep = np.linspace(0, 65_535, 120 * 90).reshape(90, 120).astype(np.uint16)
    found = read_image(saved(Image.fromarray(deep), kind))
    assert like(found[..., 0], deep // 257, within=2)


def test_floating_point_with_holes_is_read():
    values = np.linspace(0, 1, 120 * 90).reshape(90, 120).astype(np.float32)
    values[0, 0], values[1, 1] = np.nan, np.inf
    assert read_image(saved(Image.fromarray(values), "TIFF")).max() == 255


def test_what_is_transparent_is_laid_over_grey():
    clear = Image.new("RGBA", SIZE, (255, 0, 0, 0))
    assert (read_image(saved(clear, "PNG")) == 196).all()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_picture_is_taken(kind):
    red, blue = (Image.new("RGB", SIZE, colour) for colour in ("red", "blue"))
    found = read_image(saved(red, kind, save_all=True, append_images=[blue], duration=100))
    assert like(found, np.array(red))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_metadata_says(orientation):
    upright = picture()
    turned = {
        1: [], 2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4],
    }[orientation]  # fmt: skip
    stored = upright
    for method in turned:
        stored = stored.transpose(Image.Transpose(method))
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert like(read_image(saved(stored, "JPEG", exif=exif, quality=95)), upright)


def test_metadata_that_is_no_metadata_changes_nothing():
    data = saved(picture(), "JPEG", exif=b"Exif\0\0" + b"\xff" * 40)
    assert like(read_image(data), picture())


def test_a_colour_profile_is_applied_and_a_broken_one_ignored():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"no profile at all"):
        assert like(read_image(saved(picture(), "JPEG", icc_profile=icc, quality=95)), picture())


def test_an_8k_picture_is_reduced():
    found = read_image(saved(Image.new("RGB", (7680, 4320), "olive"), "JPEG"))
    assert max(found.shape) == LARGEST


def bomb(width, height):
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000))
    start, end = chunk(b"IHDR", header), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", body) + end


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "image_empty"),
        (b"this is no picture" * 20, "not_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_image"),
        (b"RIFF\x24\x80\x00\x00WAVEfmt " + bytes(200), "not_image"),
        (bytes(MAX_BYTES + 1), "image_bytes"),
        (bomb(30_000, 30_000), "image_pixels"),
        (bomb(9_000, 9_000), "image_pixels"),
        (bomb(1, 1), "image_tiny"),
        (bomb(60_000, 64), "image_truncated"),
    ],
    ids=["empty", "text", "svg", "sound", "heavy", "bomb", "large", "dot", "strip"],
)
def test_what_cannot_be_used_is_refused_for_its_own_reason(data, reason):
    assert refused(data) == reason


def test_a_single_pixel_and_a_line_are_too_small():
    assert refused(saved(Image.new("RGB", (1, 1)), "PNG")) == "image_tiny"
    assert refused(saved(Image.new("RGB", (20_000, 64)), "PNG")) == "image_tiny"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_half_a_file_is_refused(kind):
    data = saved(picture(size=(400, 300)), kind)
    assert refused(data[: len(data) // 2]) in ("image_truncated", "image_broken", "not_image")


def test_the_name_of_a_file_does_not_count():
    assert like(read_image(saved(picture(), "PNG")), picture())  # however it was called


_WHOLE = saved(picture(), "PNG"), saved(picture(), "JPEG"), saved(picture("P"), "GIF")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(
    whole=st.sampled_from(_WHOLE),
    at=st.integers(0, 4_000),
    junk=st.binary(min_size=1, max_size=40),
    cut=st.integers(0, 4_000),
)
def test_whatever_the_bytes_are_it_is_a_picture_or_a_named_refusal(whole, at, junk, cut):
    data = bytearray(whole)
    data[at : at + len(junk)] = junk
    try:
        found = read_image(bytes(data[: max(1, len(data) - cut)]))
    except InvalidInput as error:
        assert error.reason.startswith(("image_", "not_image"))
    else:
        assert found.ndim == 3
        assert found.dtype == np.uint8
