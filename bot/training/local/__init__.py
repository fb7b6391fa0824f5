"""Training on this machine: a LoRA adapter for the demonstration model, trained in a separate process."""
