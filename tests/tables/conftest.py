from tests.journal.conftest import summaries, summaries_of

__all__ = ["summaries", "summaries_of"]
