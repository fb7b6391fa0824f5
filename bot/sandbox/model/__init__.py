"""What is there, and the rules of it: guilds, people, channels, messages, commands."""
