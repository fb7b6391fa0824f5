"""Screens: files."""
