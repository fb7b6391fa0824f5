"""Screens: testing."""
