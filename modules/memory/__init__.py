"""Memory: what a user said that is worth keeping, on disk, one database per user.

`MemoryStore` keeps and finds; `facts_in` tells what is worth keeping; `is_forget_request` hears
"quên chuyện ấy đi"; `asked_when` hears "hôm trước em kể gì?". `DocumentStore` and `PictureStore`
keep what a user uploads. chromadb is imported when the first database is opened, never here.
"""

from modules.engines import EngineSpec
from modules.memory.documents.store import DocumentStore, Found, StoredDocument
from modules.memory.embedding import HASHED, Embedding
from modules.memory.facts import facts_in
from modules.memory.forgetting import is_forget_request
from modules.memory.limits import MAX_BYTES, MAX_MEMORIES
from modules.memory.merging import Taken, read_memories
from modules.memory.pictures import PictureStore, StoredPicture
from modules.memory.recollecting import Recollected, moment_of, spoken_day
from modules.memory.records import MAX_TEXT, Memory, Recalled, Source
from modules.memory.secret import Secret, secret_in
from modules.memory.store import MemoryStore, UserMemory
from modules.memory.times import Asked, asked_when

ENGINES: tuple[EngineSpec, ...] = (HASHED,)

__all__ = [
    "ENGINES",
    "MAX_BYTES",
    "MAX_MEMORIES",
    "MAX_TEXT",
    "Asked",
    "DocumentStore",
    "Embedding",
    "Found",
    "Memory",
    "MemoryStore",
    "PictureStore",
    "Recalled",
    "Recollected",
    "Secret",
    "Source",
    "StoredDocument",
    "StoredPicture",
    "Taken",
    "UserMemory",
    "asked_when",
    "facts_in",
    "is_forget_request",
    "moment_of",
    "read_memories",
    "secret_in",
    "spoken_day",
]
