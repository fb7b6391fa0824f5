"""Testing models: their answers to given prompts, how good those are, and whether a new model may take over."""
