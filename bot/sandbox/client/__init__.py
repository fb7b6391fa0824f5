"""The user's side: what a person's Discord client does."""
