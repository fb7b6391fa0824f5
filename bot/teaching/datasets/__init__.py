"""Datasets: what a model is trained on. Training data is given, never taken."""
