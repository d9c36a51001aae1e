"""What judges a mention: texts in, scores out; no database, no clock, no network."""
