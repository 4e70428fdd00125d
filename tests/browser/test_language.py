"""Nothing on the page is left in the other language, and nothing is fetched from elsewhere."""

import re

import pytest

from modules.text.catalogue import sentences

READ = """() => {
  const seen = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const part = texts.currentNode.parentElement;
    if (!part.closest('script, style, svg, .message, .example, [lang]:not(html)'))
      seen.push(texts.currentNode.data.trim());
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const part of document.querySelectorAll(`[${name}]`))
      if (!part.closest('.message, .example')) seen.push(part.getAttribute(name).trim());
  return [...new Set(seen)];
}"""
MARKS = set("ăâđêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵấầẩẫậắằẳẵặếềểễệốồổỗộớờởỡợứừửữự")
NAMES = re.compile(
    r"[\d.,:±+−–·↺/ -]*( ?(MB|ms|Hz|s|%))?"  # numbers with their units, and signs
    r"|Gương|Linh|Khoa|English|Tiếng Việt|Ngôn ngữ · Language|Bà Sáu|✓|▼"
    r"|[\w.-]+-(2\.0|3-Clause|or-later|ct2|small|medium|base|tiny|large)|[\w.]+/[\w./-]+|[A-Z_]{5,}|MIT"
    r"|phobert-[\w-]+|(MIT \(phobert-base\), )?AGPL-3.0 \(phobert-base-v2\)"
    r"|companion|drawn|espeak|hashed|lexicon|openai|puppet|still|world|huggingface"
    r"|vieneu|piper|mms|musetalk(-tiny)?|wav2lip|sadtalker(-still)?"
    r"|CC-BY[\w.-]*( \([\w ]+: research only\))?|non-commercial: research and personal use only"
    r"|openvoice(-cpu)?|qwen3-[\d.]+b|ura-llama-\d+b|URA-LLaMa [\w ]+\(research only\), LLaMA-2 .*"
)
EXAMPLES = ("always_example", "never_example", "say_example", "try_placeholder")
"""Of the dictionary: Vietnamese words, in either language of the page."""
VIETNAMESE_WITHOUT_MARKS = {"nghe", "xem", "anh", "em", "con", "bao nhiêu", "micro"}


def strings(page):
    """Return every text and name on the page, all panels opened."""
    found = set(page.value(READ))
    for tab in page.page.get_by_role("tab").all():
        tab.click()
        page.page.wait_for_timeout(400)
        found |= set(page.value(READ))
    return {text for text in found if text and not NAMES.fullmatch(text)}


def speak(page, language):
    page.page.get_by_label({"vi": "Tiếng Việt", "en": "English"}[language]).check()
    code = sentences(language)["stage.idle"]
    page.page.wait_for_function(f"document.querySelector('.guong-state').innerText === '{code}'")
    page.page.wait_for_timeout(800)


def test_a_vietnamese_page_has_no_english_words(embedded, visit):
    found = strings(visit(embedded).say("Chào bạn").until("speaking"))
    assert len(found) > 80
    english = set(sentences("en").values()) - set(sentences("vi").values())
    assert found & english == set()
    suspicious = {
        text
        for text in found
        if not MARKS & set(text.lower()) and text.lower() not in VIETNAMESE_WITHOUT_MARKS
    }
    assert suspicious == set()


def test_an_english_page_has_vietnamese_only_where_it_is_said_or_named(embedded, visit):
    page = visit(embedded)
    speak(page, "en")
    found = strings(page)
    assert len(found) > 80
    spoken = {"“", "xưng", "mình", "/", *(sentences("en")[f"dictionary.{e}"] for e in EXAMPLES)}
    vietnamese = {
        text
        for text in found
        if MARKS & set(text.replace("Gương", "").lower())
        and not any(mark in text for mark in spoken)
    }
    shown_in_vietnamese = set(page.page.locator(".guong-reading p").all_inner_texts())
    assert vietnamese - shown_in_vietnamese == set()


def test_back_in_vietnamese_gradio_s_own_words_are_vietnamese_again(embedded, visit):
    page = visit(embedded)
    speak(page, "en")
    assert page.page.get_by_text("Use via API").is_visible()
    speak(page, "vi")
    assert page.page.get_by_text("Dùng qua API").is_visible()
    assert page.page.get_by_text("Use via API").count() == 0


@pytest.mark.parametrize("first_time", [True, False])
def test_everything_comes_from_this_app_its_type_too(embedded, context, visit, first_time):
    outside = []
    context.on(
        "request",
        lambda r: (
            None if r.url.startswith((embedded.url, "blob:", "data:")) else outside.append(r.url)
        ),
    )
    page = visit(embedded, first_time=first_time)
    page.page.wait_for_timeout(1_000)
    assert outside == []
    faces = page.value(
        "document.fonts.ready.then(() => [...document.fonts]"
        ".filter(f => f.status === 'loaded').map(f => f.family.replaceAll('\"', '')))"
    )
    assert "Be Vietnam Pro" in faces
    font = page.value(
        "getComputedStyle(document.querySelector('#guong-message textarea')).fontFamily"
    )
    assert font.startswith(('"Be Vietnam Pro"', "Be Vietnam Pro"))
