"""What a language model writes, as it may be spoken: no reasoning, no markup, NFC.

The text arrives in pieces that may end anywhere, in the middle of a tag or of a letter. Three
filters follow one another; each holds back only what it cannot judge yet. What comes out does not
depend on how the text was cut.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|tool_call|function_call"
_HTML = (
    "a|abbr|answer|assistant|b|big|blockquote|body|br|center|cite|code|del|details|div|em|figure|final|"
    "font|h[1-6]|hr|html|i|img|ins|kbd|li|mark|ol|output|p|pre|q|response|s|script|small|span|"
    "strong|style|sub|summary|sup|system|table|tbody|td|th|thead|tr|u|ul|user"
)
_VALUES = r"""(\s+[\w-]+\s*=\s*("[^"\n]*"|'[^'\n]*'|[^\s<>"']+))*\s*/?"""
_OPEN = re.compile(rf"<({_HIDDEN})\b[^<>]*>|◁think▷", re.IGNORECASE)
_CLOSE = re.compile(rf"</({_HIDDEN})\s*>|◁/think▷", re.IGNORECASE)
_TAG = re.compile(
    rf"<\|[\w.-]{{1,40}}\|>|</?({_HTML})({_VALUES})>|</?({_HIDDEN})\b[^<>\n]*>|◁/?think▷",
    re.IGNORECASE,
)
_TAG_BEGUN = re.compile(r"<(\|[\w.-]{0,40}\|?|/?([A-Za-z][^<>\n]{0,120})?)?$|◁/?[a-z]{0,5}$")
_NEW_LINE = re.compile(r"</?(br|p|div|li|ul|ol|tr|h[1-6])\b", re.IGNORECASE)
_LONGEST_CLOSE = 20

_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\(([^()\n]{0,600})\)")
_LINK_BEGUN = re.compile(r"!?\[([^\[\]\n]{0,300}(\](\([^()\n]{0,600})?)?)?$|!$")
_CITATION = re.compile(r"【[^】\n]{0,80}】")
_CITATION_BEGUN = re.compile(r"【[^】\n]{0,80}$")
_LINE_MARK = re.compile(r"[ \t]*(#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+|\|[ \t]*)")
_LINE_BEGUN = re.compile(r"[ \t]*(#{0,6}[ \t]*|[-*_=|: \t]*|[>+•][ \t]*)$")
_RULE = re.compile(r"[ \t]*([-*_=|:][ \t]*){3,}(?=\n)")
_FENCE = re.compile(r"[ \t]*(```|~~~)[^\n`]*(?=\n)")
_FENCE_BEGUN = re.compile(r"[ \t]*(`{1,3}|~{1,3}|(```|~~~)[^\n`]*)$")
_CELL = re.compile(r"[ \t]*\|[ \t]*(?=(\n)?)")
_CELL_BEGUN = re.compile(r"[ \t]*\|?[ \t]*$")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|~>-])")
_RUN = re.compile(r"\*+|_+|`+|~~+")
_PLAIN = re.compile(r"[^\[!【\\*_`~\n| \t]+")
_COMPLETE = frozenset(" \t\n.,;:!?…")
"""Characters that no combining mark of Vietnamese or of any formula follows."""


class SpokenText:
    """Filters one answer. `push` takes what arrived and gives what is certain."""

    def __init__(self) -> None:
        self._letters = _WholeLetters()
        self._reasoning = _Reasoning()
        self._markup = _Markup()
        self._out = _WholeLetters()  # what was taken out may have stood between letter and mark
        self._begun = False

    def push(self, text: str) -> str:
        """Take the next piece; return what may be spoken of it, perhaps nothing."""
        text = self._markup.push(self._reasoning.push(self._letters.push(text)))
        return self._lead(self._out.push(text))

    def finish(self) -> str:
        """Return what was held back; the answer is complete."""
        rest = self._reasoning.push(self._letters.finish()) + self._reasoning.finish()
        rest = self._markup.push(rest) + self._markup.finish()
        return self._lead(self._out.push(rest) + self._out.finish())

    def _lead(self, text: str) -> str:
        text = text if self._begun else text.lstrip()
        self._begun = self._begun or bool(text)
        return text


class _WholeLetters:
    """NFC over pieces: the last letter waits for marks that may follow it."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str) -> str:
        text = self._held + text
        cut = len(text)
        while cut and unicodedata.combining(text[cut - 1]):
            cut -= 1
        if cut and (cut < len(text) or text[cut - 1] not in _COMPLETE):
            cut -= 1
        self._held = text[cut:]
        return unicodedata.normalize("NFC", text[:cut])

    def finish(self) -> str:
        held, self._held = self._held, ""
        return unicodedata.normalize("NFC", held)


class _Reasoning:
    """Drops blocks of reasoning, and every other tag."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False

    def push(self, text: str) -> str:
        self._held += text
        out: list[str] = []
        while self._held:
            if self._inside and not self._leave():
                break
            if not self._step(out):
                break
        return "".join(out)

    def finish(self) -> str:
        held, self._held = self._held, ""
        return "" if self._inside else held

    def _leave(self) -> bool:
        end = _CLOSE.search(self._held)
        if end is None:
            self._held = self._held[-_LONGEST_CLOSE:]
            return False
        self._held, self._inside = self._held[end.end() :], False
        return True

    def _step(self, out: list[str]) -> bool:
        """Move on to the next tag; return False where more text is needed."""
        places = [place for mark in "<◁" if (place := self._held.find(mark)) >= 0]
        start = min(places, default=len(self._held))
        out.append(self._held[:start])
        self._held = self._held[start:]
        if not self._held or _TAG_BEGUN.match(self._held):
            return False
        tag = _TAG.match(self._held)
        if tag is None:
            out.append(self._held[0])
            self._held = self._held[1:]
            return True
        if _OPEN.match(self._held):
            self._inside = True
        elif _NEW_LINE.match(tag[0]):
            out.append("\n")
        self._held = self._held[tag.end() :]
        return True


class _Markup:
    """Takes Markdown off: marks of lists, headings, emphasis, code, links and tables."""

    def __init__(self) -> None:
        self._held = ""
        self._before = "\n"  # the character before what is held, as it was written
        self._table = False

    def push(self, text: str) -> str:
        self._held += text
        return self._take(final=False)

    def finish(self) -> str:
        return self._take(final=True)

    def _take(self, *, final: bool) -> str:
        out: list[str] = []
        while self._held:
            given, used = self._next(final=final)
            if not used:
                break
            out.append(given)
            self._before = self._held[used - 1]
            self._held = self._held[used:]
        return "".join(out)

    def _next(self, *, final: bool) -> tuple[str, int]:
        """Return what to say next and how many characters it uses; none to wait for more."""
        found = self._line_start(final=final) if self._before == "\n" else None
        if found is None and self._table:
            found = self._cell(final=final)
        return found or self._inline(final=final)

    def _line_start(self, *, final: bool) -> tuple[str, int] | None:
        held = self._held
        self._table = False
        for pattern in (_FENCE, _RULE):
            if match := pattern.match(held):
                return "", match.end()
        if not final and (_LINE_BEGUN.match(held) or _FENCE_BEGUN.match(held)):
            return "", 0
        match = _LINE_MARK.match(held)
        if match is None:
            return None
        self._table = "|" in match[0]
        return "", match.end()

    def _cell(self, *, final: bool) -> tuple[str, int] | None:
        """Say the border between two cells of a table as a pause."""
        if not final and _CELL_BEGUN.match(self._held):
            return "", 0
        match = _CELL.match(self._held)
        if match is None:
            return None
        last = match[1] is not None or match.end() == len(self._held)
        return ("" if last else ", "), match.end()

    def _inline(self, *, final: bool) -> tuple[str, int]:
        held = self._held
        if match := _PLAIN.match(held):
            return match[0], match.end()
        for whole, begun in ((_LINK, _LINK_BEGUN), (_CITATION, _CITATION_BEGUN)):
            if match := whole.match(held):
                return match[1] if match.lastindex else "", match.end()
            if not final and begun.match(held):
                return "", 0
        if match := _ESCAPED.match(held):
            return match[1], 2
        if held == "\\" and not final:
            return "", 0
        if match := _RUN.match(held):
            if match.end() == len(held) and not final:
                return "", 0
            return self._run(match[0], held[match.end() : match.end() + 1])
        return held[0], 1

    def _run(self, run: str, after: str) -> tuple[str, int]:
        """Keep a mark that stands for itself: 2 * 3, snake_case, a blank to fill in (____)."""
        alone = self._before.isspace() and (after.isspace() or not after)
        inside = run[0] == "_" and self._before.isalnum() and after.isalnum()
        keep = (run[0] in "*_" and alone and run != "**") or inside
        return run if keep else "", len(run)
