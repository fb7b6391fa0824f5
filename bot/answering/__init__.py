"""One message from end to end: heard, understood, answered in text and aloud."""
