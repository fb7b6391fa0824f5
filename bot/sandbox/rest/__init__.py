"""Discord's REST API over HTTP."""
