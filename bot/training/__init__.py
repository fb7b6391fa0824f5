"""Training a model on a dataset: at a service, on this machine, or wherever somebody takes the packed files."""
