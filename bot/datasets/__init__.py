"""Datasets: versioned collections of examples that people submitted."""
