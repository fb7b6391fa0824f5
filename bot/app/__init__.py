"""The application: composition, start, stop, health."""
