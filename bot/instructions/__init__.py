"""A guild's instructions for how the model should answer, with their versions."""
