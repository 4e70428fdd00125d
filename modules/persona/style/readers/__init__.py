"""One reader for each kind of chat export; `style/exports.py` chooses among them."""
