"""What people who take something back are told about files deleted with it, and about what cannot be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import translatable as _
from bot.i18n.translation import translate
from bot.privacy.data_holder import ErasureResult
from bot.storage.file_names import shown
from bot.training.model_store import Model

FILES = _(
    "Archives and packed examples that contained any of it were deleted as well: {count}. Copies that "
    "somebody has downloaded are out of my reach."
)
MODELS = _("What cannot be taken back: {models} learned from it, and will know it until trained again.")
AND_MORE = _("{models} and {count} more")
MAX_NAMED = 5


def what_remains(forgotten: ErasureResult, models: Sequence[Model], locale: str) -> list[str]:
    """Sentences about what was ``forgotten``; ``models``: those that have learned from it."""
    lines = [translate(FILES, locale, count=forgotten.files)] if forgotten.files else []
    if models:
        names = ", ".join(shown(model.name) for model in models[:MAX_NAMED])
        if len(models) > MAX_NAMED:
            names = translate(AND_MORE, locale, models=names, count=len(models) - MAX_NAMED)
        lines.append(translate(MODELS, locale, models=names))
    return lines
