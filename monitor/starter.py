"""Writes the first config.toml: a brand, a query, sources that need no key, and a digest at eight."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from monitor.errors import Refused
from monitor.query.conditions import name_query

LONGEST_NAME = 200

_UNUSABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_HOST = re.compile(r"(?:[\w-]{1,63}\.)+[^\W\d_]{2,63}")
_HANDLE = re.compile(r"\w{2,60}")
_APP_STORE = re.compile(r"(?:.*/)?(?:id)?(\d{5,12})(?:[?#].*)?")
_GOOGLE_PLAY = re.compile(r"(?:https?://play\.google\.com/.*[?&]id=)?([A-Za-z]\w*(?:\.[A-Za-z]\w*)+)(?:[&#].*)?")
_STEAM = re.compile(r"https?://store\.steampowered\.com/app/(\d+)(?:[/?#].*)?")
_STORE_COUNTRY = re.compile(r"https?://(?:apps|itunes)\.apple\.com/([a-z]{2})/")

_WORDS = """
ace acorn act active agent air alive alpha amber anchor angel apex apple april arc arch arrow ash aspire atlas atom
aurora autumn avocado back badge ball bamboo banana band bank bar base basic basket bay beach beacon beam
bean bear beat bee bell bench best beta better big bind bird bit black blaze blend blink block bloom blossom blue
board boat bold bolt bond bone book boost boot boss bounce box brain branch brand brave bread breeze brick bridge
bright brook brush bubble buddy buffer bug build bull bumble bundle bus butter button cactus cake calm camel camp
canary candle candy canvas cape card cargo carrot cart cascade case cash castle cat catch cave cedar center central
chain chalk champion charge chart chase check cherry chess chief chime chip choice circle citizen city clarity
class clay clean clear clever click cliff climb clip clock close cloud clover club coach coast coat cobalt coconut
code coffee coil coin comet comfort common compass cone connect contact cook cookie cool copper coral core corner
cosmos cotton count course cove cover craft crane crate crew cricket crown cruise crystal cube cup current curve
daily daisy dash data dawn day deal deep deer delta den depot desert desk dial diamond direct discord dish dive
dock dog dollar dolphin door dot dove draft dragon drama dream dress drift drink drive drop drum duck dune dust
eagle early earth east echo eclipse edge egg elastic element elephant ember emerald empire energy engine enjoy
equal essence eve even ever every evolve express eye face factor fair faith falcon fall fame family farm fast
feather feed fern field fig figure film find fire first fish five fix flag flame flare flash fleet flex flint flip
float flock flow flower fluid fly focus fog fold folk food fork form fort forward fossil found four fox frame free
fresh friend frog front frost fruit fuel full fun fund fuse future galaxy game gap garden gate gather gauge gem
general gentle giant gift ginger giraffe glass globe glow goal goat gold golden good grace grain grand grape graph
grass gravity green grid grip ground group grove grow guard guide guild gull hammer hand happy harbor harbour
harmony harvest hat haven hawk hazel head heart heat helm help hero hill hinge hint hive home honest honey hook
hope horizon horse host hot house hub human hunt ice icon idea impact indigo ink inside instant iris iron
island ivory ivy jade jam jar jet jewel join joker joy juice jump jungle just keep key kind king kit kite kitten
koala lab ladder lake lamp lane lantern lark laser last later launch lava lead leaf lean leap lemon lens level
lever liberty life lift light lily lime line linear link lion list little live local lock loft log logic long look
loom loop lotus loud love lucky luna lush lynx magic magnet main make mammoth mango map maple marble march mark
market mars mask mast master match matter meadow medium melon memo mentor mercury mesh message meta meteor meter
metro mighty mile milk mill mind mine mint mirror mission mist mix mobile mode modern moment monday monster moon
more moss motion mountain mouse move muse nation native nature near neat nest net new next night nimble noble node
nomad noon north notch note notion nova now oak oasis ocean octopus olive one onion only onyx open opera optimal
option orange orbit orchard orchid origin otter outlook owl oxygen oyster pace pack page paint palace palm panda
panel panther paper parade parcel park partner pass patch path peach peak pear pearl pebble pen pencil penguin
people pepper perfect petal phoenix piano pilot pine pink pioneer pipe pitch pixel pizza place plaid plain plan
planet plank plant plate play plum plus pocket point polar pole polish pond pony pool pop poppy port portal post
power prairie present press prime print prism pro process promise pulse puma pump pure purple push puzzle quarter
quartz queen quest quick quiet quill rabbit race radar radio raft rain rainbow ramp ranch range ranger rapid raven
ray reach ready real red reef relay remedy remote render result rice ride ridge right ring ripple rise river road
robin rock rocket root rope rose round route row royal ruby rush sage sail salt sand sapphire satellite scale
school scope scout sea season seed segment sense share shark sharp shell shelter shield shift shine ship shop shore
show signal silk silver simple sketch skill skin sky slack slate sleep slice slide smart smile smoke snap snow
social soft solar solid solo sonic soul sound source south space spark sparrow speed sphere spice spider spin
spirit splash spoon spot spring sprout square squirrel stable stack staff stage stamp star start state station
steam steel stem step still stock stone storm story stream street stride string stripe strong studio style sugar
summer summit sun sunday sunrise surf swan sweet swift switch table tail tangerine tank target task tea team temple
tempo ten tent thread three thrive thunder tide tiger timber time tin tiny titan today toggle token tomorrow tone
tool top torch total touch tower town trace track trail train travel tree trek trend tribe trident trim true trust
tulip tune turbo turtle twin twist two ultra umbrella uncle under union unity up urban value van vault vector
velvet venture verge vibe victory view village vine vintage violet virgin vision visit vista vital vivid voice
volt vote voyage wagon walk wall walnut warm wave way wax web well west whale wheat wheel whisper white whole wild
willow win wind window wing winter wire wise wish wolf wonder wood word work world yellow yeti yoga young zebra
zen zero zest zip zone zoom
"""
COMMON_WORDS = frozenset(_WORDS.split())
"""Words of everyday English that are, or could well be, brands: their bare name finds far more than the brand."""


def starter(
    brand: str,
    *,
    website: str = "",
    handles: Iterable[str] = (),
    app_ids: Iterable[str] = (),
    competitors: Iterable[str] = (),
    feeds: Iterable[str] = (),
) -> str:
    """The commented config.toml for a brand. Raises `Refused` for a name that nothing could be found by."""
    name = _name(brand, "brand name")
    domain = _domain(website)
    own = tuple(dict.fromkeys(_name(handle, "handle", 60).lstrip("@ ") for handle in handles if handle.strip()))
    others = {rival.casefold(): rival for rival in (_name(text, "competitor") for text in competitors)}
    rivals = tuple(rival for fold, rival in others.items() if fold != name.casefold())
    blocks = [
        _brand(name, domain, own, rivals),
        _searches(name),
        *([_rivals(rivals)] if rivals else []),
        *(_feed(feed) for feed in feeds),
        *(_app(app) for app in app_ids),
        _DIGEST,
        _MAIL,
    ]
    return "\n".join([_HEAD.format(name=name), *blocks])


_HEAD = """\
# What overheard listens to for {name}, and whom it tells. Change what you like, then `overheard reload`;
# a slip is reported with its line. Every other option stands, explained, in config.example.toml.

[store]
database = "overheard.db"       # one file beside this one
"""


def _brand(name: str, domain: str, handles: Sequence[str], competitors: Sequence[str]) -> str:
    lines = ["[[brand]]", f"name = {_toml(name)}"]
    lines += _warning(name)
    lines += ['# What counts as a mention: AND, OR, NOT, brackets and "exact phrases".']
    terms = [
        name_query(name),
        *([domain] if domain else []),
        *(f"@{text}" for text in handles if _HANDLE.fullmatch(text)),
    ]
    lines += [f"query = {_toml(' OR '.join(terms))}"]
    lines += [f"handles = {_list(f'@{text}' for text in handles)}" if handles else '#handles = ["@yourname"]']
    lines += [f"domains = {_list([domain])}" if domain else '#domains = ["example.com"]']
    lines += ["# Names to be compared with."]
    lines += [f"competitors = {_list(competitors)}" if competitors else '#competitors = ["Another Name"]']
    return "\n".join(lines) + "\n"


def _warning(name: str) -> Iterator[str]:
    """A word of caution where the bare name would find much that is not meant."""
    word = name.casefold()
    reason = (
        "is an everyday word" if word in COMMON_WORDS else "is very short" if word.isascii() and len(word) <= 2 else ""
    )
    if reason:
        yield f'# Careful: "{name}" {reason}, so this query will catch much that is not about you. Narrow it with words'
        yield "# that go with your brand, or keep out what does not:"
        yield f"#   query = {_toml(f'{name_query(name)} AND (app OR support OR pricing)')}"
        yield f"#   query = {_toml(f'{name_query(name)} NOT (recipe OR weather)')}"


_SEARCHES = {
    "google-news": "News, by Google News (its feed is meant for personal reading).",
    "bing-news": "News, by Bing News.",
    "hackernews": "Stories and comments on Hacker News.",
    "reddit-search": "Reddit, as far as it lets itself be read without a key: expect gaps.",
}


def _searches(name: str) -> str:
    searches = [f"# {about}\n{_search(kind, name)}" for kind, about in _SEARCHES.items()]
    return "\n".join([*searches, *_communities(name)])


def _communities(name: str) -> Iterator[str]:
    """Where people talk of it under a tag; and the stream that carries everything, for those who have the room."""
    tag = "".join(re.findall(r"[^\W_]+", name.lower()))
    if not tag.isdigit():
        table = f'[[source]]\nkind = "mastodon"\ntags = {_list([tag])}\n'
        yield f"# Posts under a tag, as one Mastodon server knows them.\n{table}"
    yield (
        "# All that is written on Bluesky, as it is written: a few gigabytes a day come in, what names you is kept.\n"
        '# Remove the "#" to listen there.\n#[[source]]\n#kind = "bluesky"\n'
    )


def _rivals(names: Sequence[str]) -> str:
    """A few searches for the competitors: what is found for one's own brand seldom names them."""
    searches = [_search(kind, name) for name in names for kind in ("google-news", "hackernews")]
    return "\n".join(["# The competitors, so that there is something to compare with.\n" + searches[0], *searches[1:]])


def _search(kind: str, name: str) -> str:
    return f'[[source]]\nkind = "{kind}"\nquery = {_toml(name_query(name))}\n'


def _feed(address: str) -> str:
    """A feed that somebody named."""
    text = address.strip()
    if not re.match(r"https?://[^/\s]", text) or re.search(r"\s", text) or _UNUSABLE.search(text):
        raise Refused(f'the feed "{_shown(text)}" is not a web address; write it whole, with https://')
    return f'[[source]]\nkind = "feed"\nurl = {_toml(text)}\n'


def _app(given: str) -> str:
    """The reviews of an app or a game, by its number, its package name or its address in a store."""
    text = given.strip()
    for shape, store in ((_STEAM, _steam), (_APP_STORE, _app_store), (_GOOGLE_PLAY, _google_play)):
        found = shape.fullmatch(text)
        if found:
            return "\n".join(store(found[1], text)) + "\n"
    raise Refused(
        f'the app "{_shown(text)}" is neither an App Store number (the 9 or 10 digits in the app\'s address), nor a '
        "Google Play package such as com.example.app, nor the address of a game on Steam; write one of them"
    )


def _app_store(number: str, text: str) -> Iterator[str]:
    country = _STORE_COUNTRY.match(text)
    yield "# Reviews in the App Store; each is about your brand, whether it names it or not."
    yield from ("[[source]]", 'kind = "appstore"', f'app = "{number}"')
    yield f'countries = ["{country[1]}"]' if country else '#countries = ["us", "gb", "de"]'


def _google_play(package: str, text: str) -> Iterator[str]:
    yield "# Reviews in Google Play; each is about your brand. The store gives those of one language at a time."
    yield from ("[[source]]", 'kind = "googleplay"', f'app = "{package}"', '#languages = ["en", "de"]')


def _steam(number: str, text: str) -> Iterator[str]:
    yield "# Reviews on Steam; each is about your game."
    yield from ("[[source]]", 'kind = "steam"', f'app = "{number}"')


_DIGEST = """\
# The digest, each morning at eight by this machine's clock, as files in the folder digests/.
[[digest]]
at = "08:00"
#timezone = "Europe/Berlin"
to = ["file:digests"]
# To Slack as well (the address comes from the environment, so that it stands in no file):
#to = ["file:digests", "slack:${SLACK_WEBHOOK_URL}"]
# By e-mail as well, with the [email] section below:
#to = ["file:digests", "mailto:you@example.com"]
"""

_MAIL = """\
# The mail server that sends the digest.
#[email]
#host = "smtp.example.com"
#username = "you@example.com"
#password = "${SMTP_PASSWORD}"
#sender = "overheard <you@example.com>"
"""


def _name(text: str, what: str, longest: int = LONGEST_NAME) -> str:
    """A name on one line. Raises `Refused` for one that no text could hold."""
    if _UNUSABLE.search(text):
        raise Refused(f"the {what} holds a control character; write it as people read it")
    name = " ".join(text.split())
    if not re.search(r"[^\W_]", name):
        raise Refused(f'the {what} "{_shown(name)}" has no letter or digit to search for')
    if len(name) > longest:
        raise Refused(f"the {what} is longer than {longest} letters; give the one that people use")
    return name


def _domain(website: str) -> str:
    """The domain of a web site, without www. Raises `Refused` for what is none."""
    text = website.strip()
    if not text:
        return ""
    try:
        host = (urlsplit(text if "://" in text else f"https://{text}").hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    if not _HOST.fullmatch(host):
        raise Refused(f'the website "{_shown(text)}" is not an address such as https://example.com')
    return host


def _shown(text: str) -> str:
    return _UNUSABLE.sub("?", text)[:80]


def _toml(text: str) -> str:
    """The text as a TOML string: with single quotes where that reads better, else escaped as JSON escapes."""
    text = text.replace("${", "$${")  # or the environment would be asked for it
    if '"' in text and "'" not in text and "\n" not in text and not _UNUSABLE.search(text):
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(_toml(text) for text in texts)}]"
