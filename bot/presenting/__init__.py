"""How answers look on Discord: splitting, streaming, voice messages, errors, languages."""
