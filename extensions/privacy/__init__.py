"""Screens: privacy."""
