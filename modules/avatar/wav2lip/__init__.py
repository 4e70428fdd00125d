"""Wav2Lip (Prajwal et al. 2020): the mouth of a picture made anew for every frame of speech.

The network runs through onnxruntime; torch reads the released checkpoint once, to export it.
"""
