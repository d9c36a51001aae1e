"""Short texts in many languages with their English, from the translations that open-source packages carry.

They hold the embeddings of all languages in one space: a translation is to lie where its English lies (Reimers and
Gurevych, arXiv 2004.09813). Any folder of Python packages with gettext catalogues will do; see README.md for ours.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import polib

from models.text import Marked, plain
from models.train.data import ASIDE
from models.train.rows import Row
from models.train.vocabulary import LANGUAGES

# The catalogues' names for languages, where they are not the code itself.
NAMED = {"pt_BR": "pt", "pt_PT": "pt", "zh_Hans": "zh", "zh_CN": "zh", "zh_Hant": "zh", "es_MX": "es", "de_CH": "de"}
_PLACE = re.compile(r"%\(\w+\)\w|%[sd]|\{\w*\}|<[^>]+>")
_LETTERS = re.compile(r"[^\W\d_]")
SHORTEST, LONGEST = 6, 400


def read_parallel(folder: Path) -> Iterator[Row]:
    """Every translated message of every catalogue below `folder`, once; a twentieth of the messages kept aside."""
    seen: set[tuple[str, str]] = set()
    for path in sorted(folder.rglob("*.mo")):
        lang = NAMED.get(path.parts[-3], path.parts[-3])
        if lang not in LANGUAGES or lang == "en":
            continue
        for english, translated in _messages(path):
            if (lang, english) not in seen and english != translated:
                seen.add((lang, english))
                aside = zlib.crc32(english.encode()) % ASIDE == 0
                yield Row("parallel", Marked(translated), {}, dev=aside, lang=lang, parallel=english)


def _messages(path: Path) -> Iterator[tuple[str, str]]:
    for message in polib.mofile(str(path)):
        english, other = _said(message.msgid), _said(message.msgstr or message.msgstr_plural.get(0, ""))
        if SHORTEST <= len(english) <= LONGEST and len(_LETTERS.findall(other)) >= 2:
            yield english, other


def _said(message: str) -> str:
    """The message as people read it: without the places that a program fills."""
    return plain(_PLACE.sub(" ", message).replace("&", ""))
