"""What goes through the gateway, written from Discord's documentation: its OpenAPI document says nothing of that.

Each object is closed: a field that is not here is one that Discord is not known to send. What it sends without
documenting it is marked as observed.
"""

from __future__ import annotations
