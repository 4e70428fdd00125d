"""VieNeu-TTS v3 Turbo on its torch-free graphs (Apache-2.0), run by our own code.

The package of that name (3.8.3) installs beside the rest, and is not used: it fetches whatever is
newest when it loads, brings librosa and numba for what is not needed here, and puts modules called
`apps` and `examples` beside everybody else's. Of its phonemizer (sea-g2p, 70 MB) nothing is needed
either: it writes what espeak writes.
"""
