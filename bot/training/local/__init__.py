"""Training on this machine: a LoRA adapter for the demonstration model, made by a process of its own."""
