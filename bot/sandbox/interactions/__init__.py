"""Commands, buttons and forms, from a person to the bot and back."""
