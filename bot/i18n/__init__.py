"""Languages of the interface: translations, and sentences that are translated later."""
