"""Hearing and speaking for those who wait: in this process."""
