"""Screens: settings."""
