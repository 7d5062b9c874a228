"""Where definitions live: a readable file, or a database."""
