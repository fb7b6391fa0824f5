"""Gateways and workers on one NATS server, which die in the middle of their work."""
