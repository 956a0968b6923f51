"""Packages by name: what PyPI and conda call them, which channels have them, and what conda's solver says."""
