"""A trainer at a service that speaks OpenAI's contract for fine-tuning."""
