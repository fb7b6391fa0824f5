"""Samples to words: Whisper on ctranslate2, with voice detection, chunking and alignment."""
