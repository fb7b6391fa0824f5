"""From words to voice messages: engines, sentences, loudness, Ogg Opus."""
