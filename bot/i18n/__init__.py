"""Languages of the interface: translations, and sentences that wait for a language."""
