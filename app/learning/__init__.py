"""What the Learning Hub teaches, as tables: terms, sources, cards, questions, a dialogue, deployments."""

from app.learning.tables import (
    CARDS,
    CORRECTIONS,
    DEPLOYMENTS,
    DIALOGUE,
    FLASH_CARDS,
    GLOSSARY,
    MNEMONICS,
    QUIZ,
    SHIPPED,
    SOURCES,
)

__all__ = [
    "CARDS",
    "CORRECTIONS",
    "DEPLOYMENTS",
    "DIALOGUE",
    "FLASH_CARDS",
    "GLOSSARY",
    "MNEMONICS",
    "QUIZ",
    "SHIPPED",
    "SOURCES",
]
