"""Makes a recorded reply fit to be kept: secrets out, people replaced by invented ones, everywhere the same way.

Two different originals never become the same thing, so that as many entries come out as went in. Pure.
"""

from __future__ import annotations

import html
import ipaddress
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

_FIRST_NAMES = "Robin Kim Sasha Alex Jo Noor Toni Charlie Sam Jules Mika Ariel Dana Eli Kai Lou Max Nico Quinn Remy"
_LAST_NAMES = "Ash Birch Cedar Elm Fir Hazel Juniper Larch Maple Oak Pine Rowan Spruce Thorn Willow Yew"
_REMOVED = "REMOVED"
_PICTURE = "https://people.example/picture.png"

# Where a word may begin and end: also after what JSON and addresses write for other signs.
_BEGIN = r"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
_END = r"(?!\w)"
_TOKEN = re.compile(
    r"((?:[?&;]|\\u0026|%3F|%26)(?:amp;)?(?:access_?token|auth_?token|token|api_?key|apikey|key|sig|signature|secret|"
    r"client_secret|password|passwd|pwd|session(?:_?id)?|sid|code|auth|hash)(?:=|%3D))([^&\s\"'<>\\#%]+)",
    re.IGNORECASE,
)
_PRIVATE_FEED = re.compile(r"(google\.[a-z.]+/alerts/feeds/)(\d+/\d+)")
_EMAIL = re.compile(
    rf"{_BEGIN}([\w.+-]{{1,64}})(@|%40|&#64;|&#x40;|\\u0040)((?:[\w-]+\.)+[a-z]{{2,24}}){_END}", re.IGNORECASE
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w+.-])(?:\+\d[\d ().-]{7,18}\d|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w-])"
)
_DID = re.compile(r"did:plc:[a-z2-7]{10,32}|did:web:[\w.-]*\w")
_MENTIONED = re.compile(r"(?<![\w/.@=\"'-])@([A-Za-z_][\w]{1,40}(?:\.[\w]+)*)")
_PROFILE = re.compile(r"(?:/@|/u/|/user/|/users/|/profile/|/in/|reddit\.com/u(?:ser)?/)([A-Za-z_][\w.-]{1,60})")
_PICTURE_KEY = re.compile(
    r"(\"(?:avatar\w*|profile_?image\w*|profile_?pic\w*|user_?image\w*|userImage|icon_img|snoovatar_img|gravatar\w*|header"
    r"(?:_static)?|thumbnail_?pic)\"\s*:\s*\")((?:[^\"\\]|\\.)+)(?=\")",
    re.IGNORECASE,
)
_PICTURE_URL = re.compile(
    r"https?:(?:\\?/){2}[^\s\"'<>]*(?:gravatar\.com|(?:/|\\/)(?:avatars?|profile_images|user_avatar|profilepic\w*))"
    r"(?:/|\\/)[^\s\"'<>\\]*(?:\\/[^\s\"'<>\\]*)*",
    re.IGNORECASE,
)
_WORDS_AFTER_AT = (
    "type context id graph value language import media charset font-face keyframes supports page property layer"
)
_NO_HANDLES = frozenset(_WORDS_AFTER_AT.split())
_KEYS_OF_PEOPLE = """
author authors user users account creator creators owner by from reviewer customer person actor consumer commenter
poster sender submitter contributor owner_user original_poster last_poster
"""
_PEOPLE = frozenset(_KEYS_OF_PEOPLE.split())
"""Keys under which somebody stands."""
_KEYS_OF_NAMES = """
username user_name screen_name acct handle login nickname displayname display_name author_name authorname fullname
full_name first_name last_name realname real_name commenter_name reviewer_name author_fullname
"""
_CALLED = frozenset(_KEYS_OF_NAMES.split())
"""Keys under which a name stands, wherever they are."""
_NAMES_INSIDE = _CALLED | {"name", "label"}
_XML_PEOPLE = re.compile(
    r"<(?:\w+:)?(?:creator|author|managingEditor|webMaster|contributor)\b[^<>]*>\s*(?:<!\[CDATA\[)?\s*([^<>\]]{2,200}?)\s*[\]<]"
    r"|<(?:\w+:)?(?:author|owner|contributor)\b[^<>]*>\s*(?:<[^<>]+>[^<>]*</[^<>]+>\s*)*?<(?:\w+:)?name>\s*([^<>]{2,200}?)\s*<"
)
_STRUCTURE = re.compile(r"</?(?:\w+:)?([\w.-]+)|\"([\w.@$-]+)\"\s*:|\s([\w-]+)\s*=\s*[\"']")
_AS_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")
_WHERE_NAMES_STAND = r"(?:(?<=[>\"'\[@])|(?<=/u/)|(?<=/user/)|(?<=/users/)|(?<=/profile/))"
_MAIL_AND_NAME = re.compile(r"\s*(?:mailto:)?\S+@\S+\s*\((.+)\)\s*\Z", re.DOTALL)


class Scrubber:
    """Replaces what must not be kept; one for a reply and its configuration, so that both tell the same story."""

    def __init__(self, *, names: Iterable[str] = (), secrets: Iterable[str] = (), keep: Iterable[str] = ()) -> None:
        """`names` are people known to be in it; `keep` is what must stay although it looks like somebody: brands."""
        self.replaced: Counter[str] = Counter()
        self._keep = {word.strip().lstrip("@").casefold() for word in keep if word.strip()}
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
        self._known: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}
        for name in names:
            for one in {name, *re.split(r"\s*[,;&]\s+|\s+and\s+", name)}:
                self._learn(one)

    def body(self, body: bytes) -> bytes:
        """The reply without secrets and people, in the encoding that it had."""
        try:
            text, encoding = body.decode("utf-8"), "utf-8"
        except UnicodeDecodeError:
            text, encoding = body.decode("latin-1"), "latin-1"  # byte by byte, whatever it may be
        for name in _people_in(text):
            self._learn(name)
        for handle in _PROFILE.findall(text):
            self._learn(handle)
        return self.text(text).encode(encoding)

    def text(self, text: str) -> str:
        """The text without them."""
        for secret in self._secrets:
            for spelled in sorted(_spellings(secret) | {b64encode(secret.encode()).decode()}, key=len, reverse=True):
                text = self._counted("secret", text, re.escape(spelled), lambda _: _REMOVED)
        text = self._counted("token in an address", text, _TOKEN, lambda found: f"{found[1]}{_REMOVED}")
        text = self._counted("private feed", text, _PRIVATE_FEED, lambda found: f"{found[1]}1/1")
        text = self._counted("picture", text, _PICTURE_KEY, lambda found: f"{found[1]}{_PICTURE}")
        text = self._counted("picture", text, _PICTURE_URL, lambda found: _PICTURE)
        text = self._counted("e-mail address", text, _EMAIL, self._mail)
        text = self._people(text)
        text = self._counted("handle", text, _MENTIONED, self._mention)
        text = self._counted("account", text, _DID, lambda found: self._did(found[0]))
        text = self._counted("IP address", text, _IPV4, lambda found: self._ip(found[0]))
        text = self._counted("IP address", text, _IPV6, lambda found: self._ip(found[0]))
        return self._counted("phone number", text, _PHONE, lambda found: self._phone(found[0]))

    def value(self, value: Any) -> Any:
        """A JSON value, scrubbed in its depths."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(inner) for key, inner in value.items()}
        return [self.value(inner) for inner in value] if isinstance(value, list | tuple) else value

    def _counted(self, what: str, text: str, pattern: Any, new: Callable[[re.Match[str]], str]) -> str:
        def replace(found: re.Match[str]) -> str:
            made = new(found)
            if made != found[0]:
                self.replaced[what] += 1
            return made

        return re.sub(pattern, replace, text)

    # People ------------------------------------------------------------------------------------------------------

    def _learn(self, name: str) -> None:
        """Somebody is called so: an invented name takes its place from now on."""
        name = html.unescape(name).strip()
        if found := _MAIL_AND_NAME.fullmatch(name):
            name = found[1].strip()
        name = re.sub(r"^(?:/?u/|@)", "", name).partition("@")[0].strip()
        if len(name) < 2 or len(name) > 80 or name.casefold() in self._keep or name in self._names:
            return
        if "://" in name or name.startswith("did:"):  # an address has its own rule
            return
        if not re.search(r"[^\W\d_]", name):
            if re.fullmatch(r"\d{5,}", name):  # somebody's number
                self._names[name] = self._once("number", name, lambda number: f"7{number:0{len(name) - 1}d}")
            return
        invented = self._invented(name)
        self._names[name] = invented
        parts = name.split()
        if 2 <= len(parts) <= 3 and all(part.isalpha() and part[0].isupper() and len(part) >= 3 for part in parts):
            for part, new in zip(parts, [*invented.split(), invented.split()[-1]], strict=False):
                if part.casefold() not in self._keep:
                    self._names.setdefault(part, new)

    def _invented(self, name: str) -> str:
        full = self._once("person", name, lambda number: _person(number - 1))
        if _AS_DOMAIN.fullmatch(name):
            return f"{full.replace(' ', '-').lower()}.people.example"
        return full if " " in name or name[:1].isupper() else full.replace(" ", "_").lower()

    def _once(self, what: str, original: str, make: Callable[[int], str]) -> str:
        key = (what, original.casefold())
        if key not in self._known:
            self._known[key] = make(sum(1 for kind, _ in self._known if kind == what) + 1)
        return self._known[key]

    def _people(self, text: str) -> str:
        if not self._names:
            return text
        taken = {name.casefold() for found in _STRUCTURE.findall(text) for name in found if name}
        everywhere: dict[str, str] = {}
        alone: dict[str, str] = {}
        for name, new in self._names.items():
            plain = name.casefold() in taken or (len(name) < 4 and name.islower())
            for spelled, made in _spelled_alike(name, new):
                (alone if plain else everywhere)[spelled] = made
        if everywhere:
            words = "|".join(map(re.escape, sorted(everywhere, key=len, reverse=True)))
            text = self._counted("name", text, rf"{_BEGIN}(?:{words}){_END}", lambda found: everywhere[found[0]])
        if alone:
            words = "|".join(map(re.escape, sorted(alone, key=len, reverse=True)))
            whole = rf"{_WHERE_NAMES_STAND}(?:{words})(?=[<\"'\]/?#&.,\s]|$)(?!\"\s*:)"
            text = self._counted("name", text, whole, lambda found: alone[found[0]])
        return text

    def _mail(self, found: re.Match[str]) -> str:
        if found[1].casefold() in self._keep or f"{found[1]}@{found[3]}".casefold() in self._keep:
            return found[0]
        if found[3].endswith("people.example"):
            return found[0]
        number = self._once("mail", f"{found[1]}@{found[3]}", str)
        return f"person{number}{found[2]}people.example"

    def _mention(self, found: re.Match[str]) -> str:
        name = found[1]
        if name.casefold() in self._keep | _NO_HANDLES or name in self._names.values():
            return found[0]
        self._learn(name)
        return f"@{self._names.get(name, name).replace(' ', '_').lower()}"

    # Numbers -----------------------------------------------------------------------------------------------------

    def _did(self, did: str) -> str:
        if did.startswith("did:web:"):
            return self._once("did", did, lambda number: f"did:web:person{number}.people.example")
        return self._once("did", did, lambda number: "did:plc:" + _in_base32(number))

    def _ip(self, written: str) -> str:
        try:
            address = ipaddress.ip_address(written)
        except ValueError:
            return written
        if address.version == 4:
            return self._once(
                "ip", written, lambda number: f"198.{18 + number // 65025}.{number // 255 % 255}.{number % 255}"
            )
        return self._once("ip", written, lambda number: f"2001:db8::{number:x}")

    def _phone(self, written: str) -> str:
        digits = re.sub(r"\D", "", written)
        if not 9 <= len(digits) <= 15:
            return written
        return self._once("phone", digits, lambda number: f"+1 555 01{number:05d}")


def _person(number: int) -> str:
    firsts, lasts = _FIRST_NAMES.split(), _LAST_NAMES.split()
    first, last = firsts[number % len(firsts)], lasts[number // len(firsts) % len(lasts)]
    again = number // (len(firsts) * len(lasts))
    return f"{first} {last}" + (f" {again + 1}" if again else "")


def _in_base32(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    digits = ""
    for _ in range(24):
        digits, number = letters[number % 32] + digits, number // 32
    return digits


def _spelled_alike(name: str, new: str) -> Iterator[tuple[str, str]]:
    for spelled in _spellings(name):
        yield spelled, quote(new) if "%" in spelled else new
    if " " in name:
        yield quote_plus(name), quote_plus(new)


def _spellings(text: str) -> set[str]:
    """As HTML, JSON and addresses write it."""
    as_json = json.dumps(text)[1:-1]
    numbered = "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in text)
    hexed = "".join(letter if letter.isascii() else f"&#x{ord(letter):X};" for letter in text)
    made = {
        text,
        html.escape(text),
        html.escape(text, quote=False),
        html.escape(html.escape(text)),
        as_json,
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(as_json)[1:-1],
        quote(text, safe=""),
        quote(text),
        quote(text, safe="").lower() if "%" in quote(text, safe="") and text.islower() else text,
        numbered,
        hexed,
    }
    with suppress(UnicodeError):
        made.add(text.encode("cp1252").decode("latin-1"))  # a reply that is no UTF-8 is gone through byte by byte
    return made


def _people_in(text: str) -> list[str]:
    """The names that stand where a reply says who somebody is."""
    try:
        return list(_people_under(json.loads(text), within=False, depth=0))
    except (ValueError, RecursionError):
        return [one or other for one, other in _XML_PEOPLE.findall(text[:5_000_000])]


def _people_under(value: Any, *, within: bool, depth: int) -> Iterator[str]:
    if depth > 40:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _people_under(inner, within=within, depth=depth + 1)
    elif isinstance(value, dict):
        for key, inner in value.items():
            word = str(key).lower()
            if isinstance(inner, str):
                if word in _CALLED or word in _PEOPLE or (within and word in _NAMES_INSIDE):
                    yield inner
            else:
                named = word in _PEOPLE or (within and word in _NAMES_INSIDE)
                yield from _people_under(inner, within=named, depth=depth + 1)
