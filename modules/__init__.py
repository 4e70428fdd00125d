"""Gương: a Vietnamese-first talking avatar."""
