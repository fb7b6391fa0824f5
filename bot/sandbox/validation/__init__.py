"""What Discord takes: messages, components, commands, embeds."""
