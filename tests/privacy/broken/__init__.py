"""One small fault for each promise of SECURITY.md, which the tests named beside it have to notice."""
