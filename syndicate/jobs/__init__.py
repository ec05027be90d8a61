"""Gather, decide, apply: one verb each."""
