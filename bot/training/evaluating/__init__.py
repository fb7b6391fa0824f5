"""Testing models: what they answer to given prompts, how good that is, and whether a new one may take over."""
