"""Screens: answers."""
