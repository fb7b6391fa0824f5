"""What guilds and people have chosen."""
