"""Who says what to whom: address terms, the pair in use, the guard, personas, instructions.

Rules only, the same on every machine; what a linguist would edit is in `rules/`.
"""

from modules.persona.address import Evidence, address, infer
from modules.persona.dictionary import NO_WORDS, as_dict, check_dictionary
from modules.persona.guard import Guard
from modules.persona.history import rewrite_history
from modules.persona.pair import Reason, Sources, choose_pair
from modules.persona.profiles import check_persona, check_user
from modules.persona.prompt import instructions
from modules.persona.reciprocity import Facts, Terms
from modules.persona.relations import PAIRS, PairChoice, greeting, preview
from modules.persona.repair import repair
from modules.persona.restoring import restored
from modules.persona.state import AddressState, advance, choose, undo
from modules.persona.terms import TERMS, Term, term_of

__all__ = [
    "NO_WORDS",
    "PAIRS",
    "TERMS",
    "AddressState",
    "Evidence",
    "Facts",
    "Guard",
    "PairChoice",
    "Reason",
    "Sources",
    "Term",
    "Terms",
    "address",
    "advance",
    "as_dict",
    "check_dictionary",
    "check_persona",
    "check_user",
    "choose",
    "choose_pair",
    "greeting",
    "infer",
    "instructions",
    "preview",
    "repair",
    "restored",
    "rewrite_history",
    "term_of",
    "undo",
]
