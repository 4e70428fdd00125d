"""The edits that mend a text: those of `modules/text/edits.py`, under the name used here."""

from modules.text.edits import Edit, apply, capital, in_case_of

__all__ = ["Edit", "apply", "capital", "in_case_of"]
