"""Usage of models, and its daily limits."""
