"""Hearing and speaking for those who wait: in this process, or by workers that are asked over the bus."""
