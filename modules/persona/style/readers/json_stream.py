"""Messages out of a JSON file of any size, without holding more than one of them.

The way to the array of messages is walked token by token; the array's elements, which are nearly
all of the file, go through the decoder of the standard library one by one. A new dependency
(ijson) would do no more for this.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from modules.errors import InvalidInput

LONGEST_ELEMENT = 1 << 20
"""Characters of one message with all that hangs on it."""
DEEPEST = 64
_LONGEST_KEY = 200
_NEAR = 64
"""Characters within which the colon behind a key is looked for."""
_BETWEEN = re.compile(r"[\s,:]*")
_SCALAR = re.compile(r'[^\s{}\[\],:"]*')
_STRING = re.compile(r'[^"\\]*')


class JsonStream:
    """A JSON text that comes in pieces, and a place in it."""

    def __init__(self, texts: Iterator[str], field: str) -> None:
        self._texts = texts
        self._field = field
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder(strict=False)

    def elements(self, key: str) -> Iterator[object]:
        """Yield the elements of every array that is the value of `key`, or of the root where that
        is an array. Raises `InvalidInput`.
        """
        open_brackets: list[str] = []
        name = key
        while True:
            mark = self._next()
            if mark == "[" and name == key:
                yield from self._of_array()
            elif mark in ("{", "["):
                open_brackets.append(mark)
                if len(open_brackets) > DEEPEST:
                    raise self._wrong("json_malformed")
            elif mark in ("}", "]"):
                if not open_brackets or open_brackets.pop() + mark not in ("{}", "[]"):
                    raise self._wrong("json_malformed")
            elif mark == "":
                if open_brackets:
                    raise self._wrong("cut_off")
                return
            name = ""
            if mark == '"':
                value = self._string()
                name = value if self._follows(":") else ""
            elif mark not in '{}[]"':
                self._scalar()
            if not open_brackets:
                return  # what stands behind the root is not read

    def _of_array(self) -> Iterator[object]:
        while True:
            mark = self._next()
            if mark == "]":
                return
            if mark == "":
                raise self._wrong("cut_off")
            if mark == "}":
                raise self._wrong("json_malformed")
            if mark in '{["':
                self._at -= 1
                yield self._element()
            else:
                self._scalar()

    def _element(self) -> object:
        while True:
            try:
                value, self._at = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                held = len(self._text) - self._at
                cut = error.pos >= len(self._text) or error.msg.startswith("Unterminated")
                if held > LONGEST_ELEMENT:
                    raise self._wrong("json_malformed") from None
                if not self._more():
                    raise self._wrong("cut_off" if cut else "json_malformed") from None
            except (ValueError, RecursionError):  # a number of 5,000 digits; a thousand brackets
                raise self._wrong("json_malformed") from None
            else:
                found: object = value
                return found

    def _next(self) -> str:
        """Step over what separates and return the next character, "" at the end."""
        while True:
            match = _BETWEEN.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                mark = self._text[self._at]
                self._at += 1
                return mark
            if not self._more():
                return ""

    def _string(self) -> str:
        """Step over the rest of a string; return how it begins."""
        begins = ""
        while True:
            match = _STRING.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if match and len(begins) < _LONGEST_KEY:
                begins += match[0][:_LONGEST_KEY]
            if self._at < len(self._text):
                mark = self._text[self._at]
                self._at += 1
                if mark == '"':
                    return begins
                if self._at == len(self._text) and not self._more():
                    raise self._wrong("cut_off")
                self._at += 1  # what a backslash stands before
            elif not self._more():
                raise self._wrong("cut_off")

    def _scalar(self) -> None:
        while True:
            match = _SCALAR.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text) or not self._more():
                return

    def _follows(self, mark: str) -> bool:
        while True:
            rest = self._text[self._at : self._at + _NEAR].lstrip()
            if rest:
                return rest.startswith(mark)
            if len(self._text) - self._at >= _NEAR or not self._more():
                return False

    def _more(self) -> bool:
        """Take the next piece and drop what has been read."""
        more = next(self._texts, "")
        self._text = self._text[self._at :] + more
        self._at = 0
        return bool(more)

    def _wrong(self, reason: str) -> InvalidInput:
        return InvalidInput(reason, field=self._field)
