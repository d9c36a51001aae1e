"""The errors that a person meets: each says what is wrong and what to do about it."""

from __future__ import annotations


class Refused(Exception):
    """The input cannot be used as it is. The command line prints the message and ends with exit code 2."""


class StoreBusy(Exception):
    """Another process owns writing to this database and does not answer."""


class StoreUnusable(Exception):
    """The database cannot be opened: damaged, newer than this program, or not writable."""


class TooSlow(Exception):
    """A search that would look at too much to answer in time: it is to be asked more narrowly."""
