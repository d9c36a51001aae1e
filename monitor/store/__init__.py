"""The store: rows in SQLite (later PostgreSQL too). What leaves it are the frozen nouns of monitor/mention.py."""
