"""Gương: starts the app. `python app.py`, or a Hugging Face Space."""

import spaces  # noqa: F401  (first: on ZeroGPU it must come before anything that may touch CUDA)

from modules.ui.launch import launch

if __name__ == "__main__":
    launch()
