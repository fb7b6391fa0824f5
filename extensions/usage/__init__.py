"""Screens: usage."""
