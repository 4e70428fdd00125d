"""A portrait that talks: a picture is read, its face found and marked, and moved like a puppet."""
