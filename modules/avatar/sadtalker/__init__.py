"""SadTalker (Zhang et al. 2023): a portrait and a voice into a head that turns and speaks.

Sound gives coefficients of a 3D face model (`expression.py`, `pose.py`), these give keypoints
(`mapping.py`, `keypoints.py`), and the keypoints move the portrait (`motion.py`, `generator.py`).
"""
