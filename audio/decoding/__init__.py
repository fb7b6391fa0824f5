"""Decoding the bytes of any recording to mono 16 kHz samples, in a sealed process."""
