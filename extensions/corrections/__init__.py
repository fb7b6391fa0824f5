"""Screens: corrections."""
