"""The 68 points of a face that every painter needs: found by DWPose, or mapped from a portrait's.

Nothing heavy is imported here.
"""
