"""Reads config.toml into one frozen `Config`, or says at once everything that is wrong with it, line by line.

    config = load(Path("config.toml"), os.environ)

The way of a file: reading.py (text to sections) → tables.py (a table to its model) → brands.py, watched.py, digests.py,
labels.py (what sections say of each other). shape.py holds the models; problems.py the words for what is wrong.
"""

from monitor.config.problems import ConfigError, Problem
from monitor.config.reading import load, loads
from monitor.config.shape import BrandEntry, ChannelEntry, Config, DigestEntry, Email, OwnLabel, SourceEntry
from monitor.config.times import duration
from monitor.config.ways import channel_for, told_through, whole_way

__all__ = [
    "BrandEntry",
    "ChannelEntry",
    "Config",
    "ConfigError",
    "DigestEntry",
    "Email",
    "OwnLabel",
    "Problem",
    "SourceEntry",
    "channel_for",
    "duration",
    "load",
    "loads",
    "told_through",
    "whole_way",
]
