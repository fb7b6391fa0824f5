"""What documents of many formats say, as text. Each format's module is for a sealed process and imports little else."""
