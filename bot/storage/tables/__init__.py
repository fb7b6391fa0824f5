"""The tables, one file per feature. A change here needs a migration in ``bot/storage/migrations``.

They are imported from this package, so that importing any one of them registers all of them with ``Base``.
"""

from bot.storage.tables.base import Base, UtcDateTime
from bot.storage.tables.conversation import ExchangeRow
from bot.storage.tables.corrections import (
    ConsentRow,
    CorrectionDecisionRow,
    CorrectionRow,
    FeedbackRow,
    MemoryRow,
    TaughtRevisionRow,
    VoteRow,
)
from bot.storage.tables.datasets import DatasetExampleRow, DatasetRow, TakenBackRow, UploadRow, WithdrawalRow
from bot.storage.tables.instructions import InstructionRow
from bot.storage.tables.preferences import PreferenceRow
from bot.storage.tables.recall import RecallVectorRow
from bot.storage.tables.training import (
    ComparisonRow,
    ComparisonVoteRow,
    ModelRow,
    ModelTestRow,
    PromotionRow,
    TrainingRow,
)
from bot.storage.tables.usage import UsageRow
from bot.storage.tables.work import JobRow

__all__ = [
    "Base",
    "ComparisonRow",
    "ComparisonVoteRow",
    "ConsentRow",
    "CorrectionDecisionRow",
    "CorrectionRow",
    "DatasetExampleRow",
    "DatasetRow",
    "ExchangeRow",
    "FeedbackRow",
    "InstructionRow",
    "JobRow",
    "MemoryRow",
    "ModelRow",
    "ModelTestRow",
    "PreferenceRow",
    "PromotionRow",
    "RecallVectorRow",
    "TakenBackRow",
    "TaughtRevisionRow",
    "TrainingRow",
    "UploadRow",
    "UsageRow",
    "UtcDateTime",
    "VoteRow",
    "WithdrawalRow",
]
