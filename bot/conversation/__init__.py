"""Who said what, prompts, and the chat model, reached through the openai client only."""
