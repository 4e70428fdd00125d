"""Piper: VITS in one ONNX graph that reads espeak's phonemes (rhasspy/piper)."""
