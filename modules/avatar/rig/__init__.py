"""The rig: what the face does at a moment of the reply, as plain numbers."""
