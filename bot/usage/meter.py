"""Counts what models do for a user as that user's usage."""

from __future__ import annotations

from bot.conversation.tokens import TokenUse
from bot.usage.budgets import BudgetKind, Budgets


class BudgetMeter:
    """Counts the tokens of one user in one guild."""

    def __init__(self, budgets: Budgets, user_id: int, guild_id: int) -> None:
        self._budgets = budgets
        self._user_id = user_id
        self._guild_id = guild_id

    async def require(self) -> None:
        """Check that tokens are left.

        Raises:
            UsedUpError
        """
        await self._budgets.require(self._user_id, self._guild_id, BudgetKind.TOKENS)

    async def count(self, model: str, use: TokenUse) -> None:
        """Count the tokens that ``model`` used."""
        self._budgets.count_tokens(self._user_id, self._guild_id, model, use)
