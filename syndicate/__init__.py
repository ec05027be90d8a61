"""Republish other people's articles with attribution intact."""

__version__ = "1.0.0"
