"""The user's own documents: read, cut into passages, found again with their page."""

from modules.memory.documents.formats import MOST_BYTES
from modules.memory.documents.store import (
    MOST_DOCUMENTS,
    MOST_TEXT,
    DocumentStore,
    Found,
    StoredDocument,
)

__all__ = ["MOST_BYTES", "MOST_DOCUMENTS", "MOST_TEXT", "DocumentStore", "Found", "StoredDocument"]
