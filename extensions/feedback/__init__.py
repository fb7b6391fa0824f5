"""Screens: feedback."""
