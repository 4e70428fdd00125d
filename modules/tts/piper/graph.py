"""Piper's graph made to tell how long each of its sounds is.

A released graph gives the sound alone. The number of frames that each phoneme lasts is inside it,
as what its only `Ceil` gives. An ONNX file is a message of protocol buffers, and two messages one
after the other are one message with the fields of both: so a second output is some bytes at the
end, and the file on disk stays what its hash says.
"""

from __future__ import annotations

from collections.abc import Iterator

# Numbers of fields in onnx.proto (ONNX 1.23), and of wire types.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_OUTPUT = 1, 12
_NODE_OUTPUT, _NODE_OPERATOR = 2, 4
_VALUE_NAME = 1
_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5


def with_durations(model: bytes) -> tuple[bytes, str]:
    """Return a model that also gives its durations, and the name of that output.

    Raises `ValueError` where the bytes are no ONNX model or hold no single `Ceil`.
    """
    name = _ceiling(model)
    output = _field(_GRAPH_OUTPUT, _field(_VALUE_NAME, name.encode()))
    return model + _field(_MODEL_GRAPH, output), name


def _ceiling(model: bytes) -> str:
    """Return the name of what the graph's only `Ceil` gives."""
    view = memoryview(model)
    found = set()
    for graph in _values(view, _MODEL_GRAPH):
        for node in _values(graph, _GRAPH_NODE):
            if any(bytes(kind) == b"Ceil" for kind in _values(node, _NODE_OPERATOR)):
                found |= {bytes(name).decode() for name in _values(node, _NODE_OUTPUT)}
    if len(found) != 1:
        raise ValueError(f"{len(found)} Ceil")
    return found.pop()


def _values(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Yield what stands in a message's fields of that number that have a length."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        wire = key & 7
        if wire == _VARINT:
            _, at = _number(message, at)
            continue
        if wire == _LENGTH:
            size, at = _number(message, at)
        elif wire in (_EIGHT, _FOUR):
            size = 8 if wire == _EIGHT else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(message):
            raise ValueError("cut off")
        if wire == _LENGTH and key >> 3 == wanted:
            yield message[at : at + size]
        at += size


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins at a byte, seven bits of it in each, and the byte behind it."""
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("cut off")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _field(number: int, value: bytes) -> bytes:
    return _written(number << 3 | _LENGTH) + _written(len(value)) + value


def _written(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
