"""Extracts the text of documents in many formats. Each format's module runs in a sealed process and imports little
else."""
