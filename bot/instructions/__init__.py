"""How answers are to be: a guild's instructions, in versions."""
