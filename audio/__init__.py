"""Speech in and out: recordings to words, words to voice messages. Usable alone, without the bot.

The public names are listed in ``__init__.pyi`` and imported at first use, so code that only transcribes, or only needs
the name of an error, does not wait for the voices.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
