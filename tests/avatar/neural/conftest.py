"""The sitters of the puppet's tests sit for the painters too."""

from tests.avatar.photo.conftest import drafts, faces, pictures

__all__ = ["drafts", "faces", "pictures"]
