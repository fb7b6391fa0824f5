"""Screens: comparing."""
