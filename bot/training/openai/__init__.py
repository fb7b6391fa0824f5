"""A trainer at a service with OpenAI's API for fine-tuning."""
