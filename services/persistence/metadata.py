"""Every table in one place, for migrations and for tests that look at all of them."""

from __future__ import annotations

from services.persistence import (
    models,
    models_chat,
    models_market,
    models_paper,
    models_secrets,
    models_vault,
)

MODULES = (models, models_chat, models_market, models_paper, models_secrets, models_vault)
"""The modules whose import registers the tables."""

metadata = models.Base.metadata
"""The tables by name."""
