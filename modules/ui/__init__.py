"""The page: its layout, its events, and what the browser runs."""
