"""OpenVoice V2's tone colour converter (Qin et al. 2023): a base voice in the colour of another.

Only `engine.py` may be imported without torch; it imports the rest when it is loaded.
"""
