"""What exists in a sandbox, and its rules: guilds, people, channels, messages, commands."""
