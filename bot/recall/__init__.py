"""Approved corrections, found by the meaning of a question."""
