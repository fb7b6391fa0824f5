"""A trainer that packs everything for training on another machine."""
