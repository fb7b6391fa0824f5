"""Screens: datasets."""
