"""Handles a message from end to end: hears it, understands it, and answers in text and aloud."""
