"""Discord's gateway: sessions, intents, events."""
