"""Speech in and out: recordings to words, words to voice messages. Usable alone, without the bot.

What is offered here stands in ``__init__.pyi``, and each is imported by its first use: who only hears, or only asks for
the name of an error, does not wait for the voices.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
