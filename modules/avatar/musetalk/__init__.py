"""MuseTalk 1.5 (Zhang et al. 2024): the lower half of a face, painted anew for what is said.

Only `engine.py` may be imported without torch; it imports the rest when it is loaded.
"""
