"""A walk through every state of the page, in one page load; what is checked in each, is told once.

    first run -> empty -> speaking -> in conversation -> details of a turn -> saving -> rating
    -> recogniser -> every panel -> an error -> connection lost

`tour` is the package's fixture: a tour is walked at the first test that asks for it, and both the
geometry and the audit of accessibility are taken in the same walk.
"""

from contextlib import contextmanager
from importlib import resources

from modules.text.catalogue import tell
from tests.browser.conftest import READY
from tests.browser.geometry import faults

SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}
LOCALES = {"vi": "vi-VN", "en": "en-GB"}
LONG = (
    "Hôm nay mình đi làm về muộn, trời thì mưa, đường thì kẹt, mà điện thoại lại hết pin, nên mình "
    "chẳng gọi được cho ai cả; về đến nhà thì cơm canh đã nguội hết rồi bạn ạ. "
    "https://vi.wikipedia.org/wiki/Những_con_đường_rất_rất_dài_không_có_chỗ_nào_để_xuống_dòng"
)
PANELS = (
    "persona",
    "voice",
    "face",
    "listening",
    "memory",
    "style",
    "dictionary",
    "engines",
    "data",
)
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
AUDIT = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] });
  return found.violations
    .filter((each) => ['serious', 'critical'].includes(each.impact))
    .flatMap((each) => each.nodes.map((node) => `${each.id} (${each.impact}): ` +
      `${node.target.join(' ')} ${node.any[0]?.message ?? each.help}`));
}"""


def audit(page):
    """Return the serious and critical findings of axe on what a page shows now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(AUDIT)


class Tour:
    """What was found in a walk at one size, in one language: findings by state and theme."""

    def __init__(self, browser, server, size, language, audited=()):
        self.language = language
        self.layout = {}
        self.access = {}
        self.visited = []
        self._audited = audited
        width, height = SIZES[size]
        context = browser.new_context(
            locale=LOCALES[language], viewport={"width": width, "height": height},
            reduced_motion="reduce", color_scheme="light", has_touch=size == "phone",
        )  # fmt: skip
        context.set_default_timeout(60_000)
        self.page = context.new_page()
        try:
            self.page.goto(server.url)
            self.page.wait_for_function(READY)
            self._walk()
        finally:
            context.close()

    def _check(self, state):
        page = self.page
        self.visited.append(state)
        page.evaluate("() => document.fonts.ready.then(() => null)")
        for theme in ("light", "dark"):
            page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
            if found := faults(page):
                self.layout[state, theme] = found
            if theme in self._audited and (found := audit(page)):
                self.access[state, theme] = found
        page.evaluate("() => document.body.classList.remove('dark')")

    # --- the states -------------------------------------------------------------------------------

    def _walk(self):
        self._first_run()
        self._conversation()
        self._menus()
        self._recogniser()
        for name in PANELS:
            with self._panel(name):
                self._check(f"panel {name}")
        self._error()
        self._lost()

    def _first_run(self):
        self.page.locator("dialog.guong-welcome[open]").wait_for()
        self._check("first run")
        self.page.keyboard.press("Escape")
        self.page.locator("dialog.guong-welcome[open]").wait_for(state="hidden")
        self._check("empty")

    def _conversation(self):
        page = self.page
        self._say(LONG)
        self._check("speaking")
        # What nobody has heard a word of is no answer, and cannot be rated.
        page.wait_for_function("document.querySelector('.guong-talk').currentTime > 1", polling=50)
        page.click(".guong-stop")
        page.wait_for_function("guong.state === 'idle'")
        self._say("Chào bạn.")
        page.wait_for_function("guong.state === 'idle'")
        page.locator(".guong-rating").nth(1).wait_for()
        self._check("in conversation")
        page.locator("#guong-footer summary").click()
        self._check("details of a turn")
        page.locator("#guong-footer summary").click()

    def _say(self, text):
        self.page.fill("#guong-message textarea", text)
        self.page.press("#guong-message textarea", "Enter")
        self.page.wait_for_function("guong.state === 'speaking'", polling=50)
        self.page.locator(".guong-captions.shown").wait_for()

    def _recogniser(self):
        page = self.page
        page.click(".guong-microphone")
        page.locator("#guong-recogniser").first.wait_for()
        self._check("recogniser")
        label = tell(self.language, "recogniser.type")
        page.get_by_role("button", name=label, exact=True).click()
        page.locator("#guong-recogniser").first.wait_for(state="hidden")

    def _menus(self):
        page = self.page
        page.click("#guong-save")
        page.locator("#guong-saving.open").wait_for()
        self._check("saving")
        page.keyboard.press("Escape")
        page.locator(".guong-rate[data-verdict=bad]").last.click()
        page.locator("#guong-why").wait_for()
        self._check("rating")
        page.get_by_role("button", name=tell(self.language, "rating.close"), exact=True).click()
        page.locator("#guong-why").wait_for(state="hidden")

    @contextmanager
    def _panel(self, name):
        page = self.page
        label = tell(self.language, f"tab.{name}")
        tab = page.get_by_role("tab", name=label, exact=True)
        if tab.count():
            tab.click()
        else:
            page.locator("#guong-panels .overflow-menu > button").click()
            page.locator("#guong-panels .overflow-dropdown button", has_text=label).click()
        page.wait_for_function(
            "label => document.querySelector('#guong-panels [role=tab][aria-selected=true]')"
            "?.innerText.trim() === label",
            arg=label,
        )
        page.locator("#guong-panels").scroll_into_view_if_needed()
        page.wait_for_timeout(150)
        yield

    def _error(self):
        page = self.page
        with self._panel("voice"):
            label = tell(self.language, "voice.match")
            page.get_by_role("button", name=label, exact=True).click()
            page.locator(".toast-body").wait_for()
            page.wait_for_timeout(300)
            self._check("an error")
            page.locator(".toast-close").click()

    def _lost(self):
        self.page.evaluate(
            "() => { document.querySelector('.guong-stage').dataset.state = 'lost';"
            "document.querySelector('.guong-lost').hidden = false; scrollTo(0, 0) }"
        )
        self.page.locator(".guong-stage:not(.away)").wait_for()  # it comes back from its corner
        self._check("connection lost")
