"""What was used, and the limits of it."""
