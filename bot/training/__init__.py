"""Training: a model learns from a dataset, at a service, on this machine, or wherever somebody takes the files to."""
