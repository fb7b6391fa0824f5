"""Past exchanges, prompts, and the chat model, which is reached only through the openai client."""
