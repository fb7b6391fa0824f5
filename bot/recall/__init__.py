"""Finds approved corrections by the meaning of a question."""
