"""The conversation: how stages become a turn, and turns a session. Start at `turn.py`."""
