"""Files that hold what other users must neither read nor change: opened, locked, replaced."""
