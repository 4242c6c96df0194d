"""The opening words of a run: what its purpose switches off, and why."""

from edge.core.purpose import Purpose


def opening_words(purpose: Purpose) -> str:
    """Two lines for a person, or nothing where everything is computed."""
    if purpose.reads_emotions:
        return ""
    return (
        "For assessment, emotions are not computed: inferring those of candidates and employees is prohibited\n"
        "in the European Union since 2025-02-02 (AI Act, Article 5(1)(f)). See docs/responsible-use.md."
    )
