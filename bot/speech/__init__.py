"""Speech recognition and synthesis for the bot: in this process, or by workers that are reached over the bus."""
