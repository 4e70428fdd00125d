"""Nothing overlaps, nothing is cut, nothing scrolls sideways, everything can be hit with a finger.

Found by geometry in every state of the page, at three sizes, light and dark, in both languages; and
the finder itself is shown faults of every kind, so that its silence means something.
"""

import itertools

import pytest

from tests.browser.geometry import faults
from tests.browser.touring import LOCALES, PANELS, SIZES

STATES = {
    "first run", "empty", "speaking", "in conversation", "details of a turn", "saving", "rating",
    "recogniser", "an error", "connection lost", *(f"panel {name}" for name in PANELS),
}  # fmt: skip


@pytest.mark.parametrize(("size", "language"), list(itertools.product(SIZES, LOCALES)))
def test_the_layout_has_no_fault_in_any_state(tour, size, language):
    walked = tour(size, language)
    assert set(walked.visited) == STATES
    found = [f"{state}, {theme}: {line}" for (state, theme), lines in walked.layout.items()
             for line in lines]  # fmt: skip
    assert found == []


# --- the finder itself ----------------------------------------------------------------------------

SOUND = """
<main style="padding: 20px; font: 16px sans-serif">
  <p>Một đoạn văn đủ dài để xuống dòng, và không có gì sai với nó cả.</p>
  <button style="width: 90px; height: 48px">Gửi</button>
  <input type="text" placeholder="Bạn tên gì?" style="height: 40px">
  <label style="display: block; min-height: 30px"><input type="checkbox"> Đồng ý</label>
  <div style="width: 200px; height: 60px; overflow: auto">
    <p style="width: 600px">Một dòng rất dài trong một khung cuộn được, không mất chữ nào cả.</p>
  </div>
</main>
"""
FAULTS = {
    "overlap": "<button style='position: absolute; left: 22px; top: 40px'>Đè lên chữ</button>",
    "cut": "<p style='width: 90px; overflow: hidden; white-space: nowrap'>Dài quá cái khung</p>",
    "scroll": "<div style='width: 150vw; height: 10px'></div>",
    "outside": "<p style='position: fixed; left: 760px; top: 300px; width: 120px'>Ra ngoài</p>",
    "small": "<button style='width: 16px; height: 16px; padding: 0'>×</button>",
    "covered": "<div style='position: fixed; inset: 0; background: rgb(0 0 0 / 10%)'></div>",
}


@pytest.fixture
def blank(browser):
    page = browser.new_page(viewport={"width": 800, "height": 600})
    yield page
    page.close()


def test_a_sound_page_has_no_faults(blank):
    blank.set_content(SOUND)
    assert faults(blank) == []


@pytest.mark.parametrize("kind", FAULTS)
def test_the_finder_finds_every_kind_of_fault(blank, kind):
    blank.set_content(SOUND + FAULTS[kind])
    assert any(line.startswith(f"{kind}:") for line in faults(blank)), faults(blank)


def test_a_placeholder_that_does_not_fit_is_cut(blank):
    blank.set_content("<textarea rows=1 style='width: 60px' placeholder='Bạn muốn nói gì?'>")
    assert any("cut: textarea" in line for line in faults(blank))


def test_what_an_open_dialog_makes_inert_is_not_looked_at(blank):
    small = "<button style='width: 9px; height: 9px; padding: 0'></button>"
    blank.set_content(f"{small}<dialog><p>Chào</p></dialog>")
    assert faults(blank) != []
    blank.evaluate("document.querySelector('dialog').showModal()")
    assert faults(blank) == []


def test_words_for_screen_readers_only_are_no_fault(blank):
    hidden = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)"
    blank.set_content(f"<span style='{hidden}'>Một câu dài chỉ để nghe</span>")
    assert faults(blank) == []


def test_injected_faults_are_found_on_the_real_page(embedded, visit):
    page = visit(embedded).page
    assert faults(page) == []
    page.evaluate(
        "() => document.querySelector('#guong-send').style.cssText +="
        "'position: relative; right: 120px'"
    )
    assert any(line.startswith(("overlap:", "covered:")) for line in faults(page))
    page.evaluate("() => document.querySelector('#guong-send').style.right = '0'")
    page.evaluate(
        "() => { const head = document.querySelector('#guong-title');"
        "head.style.cssText += 'width: 40px; flex: none; overflow: hidden !important' }"
    )
    assert any(line.startswith("cut:") for line in faults(page))
    page.evaluate("() => document.body.append(Object.assign(document.createElement('div'), "
                  "{ style: 'width: 3000px; height: 1px' }))")  # fmt: skip
    assert any(line.startswith("scroll:") for line in faults(page))
