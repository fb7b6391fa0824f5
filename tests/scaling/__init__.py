"""Gateways and workers on one NATS, which die in the middle."""
