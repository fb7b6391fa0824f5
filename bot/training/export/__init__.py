"""A trainer that packs everything for somebody else's machine."""
