"""The user side: what a person's Discord does."""
