"""Recordings with labelled segments as samples, and the rule by which trials are synthesised."""
