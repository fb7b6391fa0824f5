"""Screens: instructions."""
