"""What Discord accepts: messages, components, commands, embeds."""
