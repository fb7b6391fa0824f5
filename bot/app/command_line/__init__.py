"""The commands of ``starling``, one module for each family."""
