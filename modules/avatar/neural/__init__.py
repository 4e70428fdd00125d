"""Faces whose mouth a network paints: what is prepared, the stream, the queue, the pasting.

Nothing heavy is imported here. A network takes part as a `Painter` (`painting.py`) and an engine
that makes it (`engine.py`).
"""
