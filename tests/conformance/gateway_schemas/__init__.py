"""Schemas of gateway traffic, written from Discord's documentation, since its OpenAPI document does not cover the
gateway.

Each object is closed: Discord is not known to send any field that is missing here. Fields that it sends without
documenting them are marked as observed.
"""

from __future__ import annotations
