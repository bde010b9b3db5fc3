"""The words by which a sentence is known as a question, in four languages, as parts of patterns."""

from __future__ import annotations

WHO = "who(?:se|m)?|we[rmn]|wessen|quién(?:es)?"
"""Without "qui", which asks for a person only at the beginning."""

WHEN = "when|wann|quand|cuándo"
WHERE = "where|wo|wohin|woher|où|dónde"
WHY = "why|warum|weshalb|wieso|pourquoi|por qué"
HOW_MANY = "combien|cuánt[oa]s?"

OPENERS = (
    f"{WHO}|{WHEN}|{WHERE}|{WHY}|{HOW_MANY}"
    "|what|which|how|is|are|was|were|do|does|did|can|could|will|would|should|shall|may|must|has|have|had"
    "|any(?:body|one)?|welche[rsnm]?|wie|ist|sind|hat|haben|kann|können|darf|dürfen|muss|müssen|gibt"
    "|qui|que|quoi|quel(?:le)?s?|comment|est-ce|peut|qué|cuál(?:es)?|cómo|hay"
)
"""The first word of a sentence that asks from there on, question word or verb."""
