"""Datasets: examples that people gave, in versions."""
