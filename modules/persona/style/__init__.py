"""Style: how somebody writes, learned from their messages, and how an answer may take it over.

    exports      chat exports of any program, read in a stream
    counting     what is counted in a message        profile   what a person reads and edits
    keyness      phrases against ordinary Vietnamese  manner    what an answer takes over
    masking      names, numbers and places hidden     exemplars the most fitting past messages
    paragraph    style for a language model           feedback  "đừng nói thế, nói là ..."
    lessons      what an export teaches            tuning    pairs for fine-tuning
    shelf        all of it on disk, one owner each

Rules and tables only; what a linguist would edit is in `rules/`.
"""

from modules.persona.style.exemplars import Exemplar, Exemplars
from modules.persona.style.exports import Export, Message, open_export
from modules.persona.style.feedback import Correction, correction_in, parse_correction
from modules.persona.style.manner import manner_of
from modules.persona.style.masking import mask
from modules.persona.style.paragraph import paragraph
from modules.persona.style.plots import plot_data
from modules.persona.style.profile import StyleProfile, check_profile
from modules.persona.style.sameness import longest_copy
from modules.persona.style.shelf import StyleShelf, StyleStore
from modules.persona.style.tuning import tuning_files, write_tuning

__all__ = [
    "Correction",
    "Exemplar",
    "Exemplars",
    "Export",
    "Message",
    "StyleProfile",
    "StyleShelf",
    "StyleStore",
    "check_profile",
    "correction_in",
    "longest_copy",
    "manner_of",
    "mask",
    "open_export",
    "paragraph",
    "parse_correction",
    "plot_data",
    "tuning_files",
    "write_tuning",
]
