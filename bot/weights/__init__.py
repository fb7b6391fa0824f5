"""Model weights: what is bundled, fetched and verified."""
