"""Regional words: what North, Centre and South call differently, and how a text changes region."""

from modules.text.region.rows import ROWS, Row
from modules.text.region.swap import leans_on_next, to_region

__all__ = ["ROWS", "Row", "leans_on_next", "to_region"]
