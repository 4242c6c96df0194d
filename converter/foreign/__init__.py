"""Networks that were trained elsewhere, as conversion takes them: what a user says about one, and its graph."""
