"""Screens: speaking."""
