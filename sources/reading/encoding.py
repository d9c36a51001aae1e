"""Bytes of unknown encoding to UTF-8, by byte order mark, HTTP charset, declaration, UTF-8 or Windows-1252."""

from __future__ import annotations

import codecs
import re

_DECLARED = re.compile(rb"""^\s*<\?xml[^<>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.IGNORECASE)
_DECLARATION = re.compile(r"""^\s*<\?xml[^<>]{0,400}\?>\s*""", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
# What senders call these is in truth the larger set of the same family.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949"}
_WIDER |= {"shift_jis": "cp932", "iso8859-9": "cp1254", "tis-620": "cp874"}
_REFUSED = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "undefined", "mbcs", "oem"}
_BAD_SHARE = 100
"""A text is taken to be in its declared encoding when at most one character in this many cannot be read."""


def decoded(body: bytes, content_type: str = "") -> str:
    """The body as text, without a byte order mark; a stray byte of another encoding is read as Windows-1252."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace").removeprefix("\ufeff")
    candidates = _candidates(body, content_type)
    for encoding in candidates:
        try:
            return body.decode(encoding)
        except UnicodeError:
            continue
    for encoding in candidates:
        text = body.decode(encoding, errors="replace")
        if text.count("\ufffd") * _BAD_SHARE <= len(text):
            return body.decode(encoding, errors="windows") if encoding == "utf-8" else text
    return body.decode("cp1252", errors="replace")


def as_utf8(body: bytes, content_type: str = "") -> bytes:
    """An XML document in UTF-8 that also says so, or says nothing."""
    declared = _DECLARED.match(body[:400])
    if not declared or declared[1].lower() in (b"utf-8", b"utf8"):
        charset = _CHARSET.search(content_type)
        if not charset or charset[1].lower() in ("utf-8", "utf8"):
            try:
                body.decode("utf-8")
                if b"\0" not in body[:4]:
                    return body.removeprefix(codecs.BOM_UTF8)
            except UnicodeDecodeError:
                pass
    text = decoded(body, content_type)
    return _DECLARATION.sub("", text, count=1).encode("utf-8", errors="replace")


def _candidates(body: bytes, content_type: str) -> list[str]:
    charset, declared = _CHARSET.search(content_type), _DECLARED.match(body[:400])
    named = [charset[1] if charset else "", declared[1].decode("ascii", "replace") if declared else ""]
    known = [encoding for name in named if (encoding := _known(name))]
    # A document that really were in UTF-16 or 32 had shown it by its first bytes.
    encodings = [encoding for encoding in known if not encoding.startswith(("utf-16", "utf-32"))]
    if not encodings or encodings[0] in ("cp1252", "cp1254"):
        # Servers say latin-1 by default, and any bytes are latin-1: whoever reads as UTF-8 is UTF-8.
        encodings.insert(0, "utf-8")
    return list(dict.fromkeys([*encodings, "utf-8"]))


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name)
        b"".decode(name)
    except (LookupError, ValueError):
        return ""
    return "" if found.name in _REFUSED else _WIDER.get(found.name, found.name)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error("windows", _as_windows)
