"""Encoding, muxing and reading of sound and pictures."""
