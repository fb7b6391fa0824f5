"""Screens: voices."""
