"""Memory: what a user said that is worth keeping, on disk, one database per user.

`MemoryStore` keeps and finds; `facts_in` tells what is worth keeping; `is_forget_request` hears
"quên chuyện ấy đi". chromadb is imported when the first database is opened, never here.
"""

from modules.engines import EngineSpec
from modules.memory.embedding import HASHED, Embedding
from modules.memory.facts import facts_in
from modules.memory.forgetting import is_forget_request
from modules.memory.records import MAX_TEXT, Memory, Recalled, Source
from modules.memory.secret import Secret, secret_in
from modules.memory.store import MAX_MEMORIES, MemoryStore, UserMemory

ENGINES: tuple[EngineSpec, ...] = (HASHED,)

__all__ = [
    "ENGINES",
    "MAX_MEMORIES",
    "MAX_TEXT",
    "Embedding",
    "Memory",
    "MemoryStore",
    "Recalled",
    "Secret",
    "Source",
    "UserMemory",
    "facts_in",
    "is_forget_request",
    "secret_in",
]
