"""What a digest holds (pure: material.py in, compose.py out) and how it reads (html, markdown, terminal: all from
digest.json).
"""
