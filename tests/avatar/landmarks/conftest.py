"""The sitters of the puppet's tests: drawn, so that every point is known."""

from tests.avatar.photo.conftest import drafts, faces, pictures

__all__ = ["drafts", "faces", "pictures"]
