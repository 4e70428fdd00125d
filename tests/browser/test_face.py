"""A visitor's own face: left with consent, its points put right by hand, worn and deleted."""

import re

import pytest

from tests.avatar.photo.conftest import FOLDER

CHIN = '[data-point="chin"]'


def place(page):
    label = page.locator(CHIN).get_attribute("aria-label")
    return [int(number) for number in re.findall(r"\d+", label)]


IMAGE = "document.querySelector('#guong-points image').getAttribute('href')"


def kept(page, change):
    """Change points, and wait until the server has kept them: the picture's handle is another."""
    before = page.evaluate(IMAGE)
    change()
    page.wait_for_function(f"{IMAGE} !== '{before}'")
    return place(page)


@pytest.fixture
def page(visit, embedded):
    page = visit(embedded).page
    page.get_by_role("tab", name="Gương mặt").click()
    page.set_input_files("#guong-portrait input[type=file]", str(FOLDER / "fair.jpg"))
    page.fill("#guong-face-name :is(input, textarea)", "Lan")
    page.wait_for_selector("#guong-portrait img")
    return page


def keep(page):
    page.check("#guong-face-consent input")
    page.click("#guong-face-keep")
    page.wait_for_selector(CHIN)
    page.wait_for_function("document.querySelector('#guong-stage .guong-poster').alt === 'Lan'")


def test_a_face_is_kept_with_consent_its_points_are_moved_and_it_is_deleted(page):
    page.click("#guong-face-keep")
    page.get_by_text("dữ liệu sinh trắc học").first.wait_for()
    assert page.locator(CHIN).count() == 0
    keep(page)
    assert page.locator("#guong-points [data-point]").count() == 26

    x, y = place(page)
    box = page.locator(CHIN).bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag():
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0], middle[1] + 12, steps=3)
        page.mouse.up()

    def press():
        page.focus(CHIN)
        for _ in range(4):
            page.keyboard.press("Shift+ArrowLeft")

    dragged = kept(page, drag)
    assert dragged[0] == pytest.approx(x, abs=1)
    assert y < dragged[1] < y + 20

    moved = kept(page, press)
    assert moved == [pytest.approx(dragged[0] - 20, abs=1), dragged[1]]

    # Above the lips there is no chin: the last good place comes back, and it says why.
    for _ in range(25):
        page.keyboard.press("Shift+ArrowUp")
    page.wait_for_function("document.querySelector('#guong-face-status').innerText.includes('cằm')")
    assert place(page) == moved

    page.reload()
    page.get_by_role("tab", name="Gương mặt").click()
    page.wait_for_selector(CHIN)
    assert place(page) == moved
    page.click("#guong-face-delete")
    page.wait_for_selector(CHIN, state="hidden")
    page.wait_for_function("document.querySelector('#guong-stage .guong-poster').alt !== 'Lan'")
