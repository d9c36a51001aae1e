"""Sixty polls of each source while people use its service and much goes wrong: all is taken once, as it last was.

A service is played from what its documentation promises (order, pages, filters). People post in bursts, edit and
delete; some posts enter the index late; requests fail in the middle of walks, and the store does after checkpoints.
After some quiet polls, everything that the service still shows must be here, in its last words where the source says
that it sees edits, and nothing may be forgotten that is still there.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

import sources
from monitor.collect.drive import Batch, State, drive
from monitor.net.answers import error_for
from sources.base import Item, Letters, Mailbox, Request, Response, SignIn, SourceError, Unreachable

BEGAN = 1_790_000_000
POLLS, QUIET, AT_ONCE = 60, 5, 200


@dataclass
class Post:
    number: int
    written: int
    seen: int
    """From when on the service's index has it."""
    changed: int = 0
    version: int = 0
    gone: bool = False
    accepted: set[int] = field(default_factory=lambda: {0})
    """Versions with which the source may end."""

    @property
    def words(self) -> str:
        return f"kettle number {self.number} version {self.version}"


class World:
    """What people do, and when."""

    def __init__(self) -> None:
        self.now = BEGAN
        self.posts: list[Post] = []

    def say(self, written: int, late: int = 0) -> Post:
        self.posts.append(Post(len(self.posts) + 1, written, written + late, written))
        return self.posts[-1]

    def shown(self) -> list[Post]:
        return [post for post in self.posts if post.seen <= self.now and not post.gone]

    def newest(self, by: str = "written") -> list[Post]:
        return sorted(self.shown(), key=lambda post: (getattr(post, by), post.number), reverse=True)


def stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


@dataclass(frozen=True)
class Kind:
    """How a source is asked, what its service answers, and what the source promises."""

    answer: Callable[[World, Request], Any]
    config: Mapping[str, Any] = field(default_factory=dict)
    every: int = 900
    late: int = 0
    """Seconds that the index may be late, with the source still finding everything."""
    edits: bool = True
    """Whether edits are seen that were made since the last poll, of what is `fresh`."""
    fresh: int = 0
    """Edits are seen of what is so many seconds old; 0 for any age."""
    deletes: bool = True
    """Whether people delete."""
    burst: int = 300
    name: Callable[[int], str] = str
    """The id of a post by its number."""


# The services -------------------------------------------------------------------------------------------------------


def hackernews(world: World, request: Request) -> Any:
    bounds = str(request.query["numericFilters"])
    above, below = int(re.search(r">(\d+)", bounds)[1]), re.search(r"<(\d+)", bounds)  # type: ignore[index]
    found = [one for one in world.newest() if above < one.written < (int(below[1]) if below else 10**12)]
    size, page = int(request.query["hitsPerPage"]), int(request.query["page"])
    size = min(size, 100)  # so that pages turn
    reach = found[:1000]
    hits = [
        {"objectID": str(one.number), "created_at_i": one.written, "title": "t", "story_text": one.words, "author": "a"}
        for one in reach[page * size : (page + 1) * size]
    ]
    return {"hits": hits, "nbHits": len(found), "nbPages": -(-len(reach) // size), "hitsPerPage": size}


def appstore(world: World, request: Request) -> Any:
    page = int((re.search(r"page=(\d+)", request.url) or ["", "1"])[1])
    found = world.newest("changed")[:500][(page - 1) * 50 : page * 50]
    entries = [
        {
            "id": {"label": str(one.number)}, "im:rating": {"label": "4"}, "title": {"label": "t"},
            "content": {"label": one.words}, "updated": {"label": stamp(one.changed)},
        }
        for one in found
    ]  # fmt: skip
    return {"feed": {"entry": entries[0] if len(entries) == 1 else entries} if entries else {}}


def behind(found: list[Post], token: str) -> list[Post]:
    """What comes behind the entry that a page's token names, be it there still or not."""
    if not token:
        return found
    last = tuple(map(int, token.split()))
    return [one for one in found if (one.changed, one.number) < last]


def googleplay(world: World, request: Request) -> Any:
    (call,) = json.loads(parse_qs((request.body or b"").decode())["f.req"][0])[0]
    (_, _, (_, _, (size, _, token), _, _), _) = json.loads(call[1])
    found = behind(world.newest("changed"), token or "")
    page = found[:size]
    reviews = [[f"gp:{one.number}", ["Jo", None], 4, None, one.words, [one.changed, 5], 0] for one in page]
    further = f"{page[-1].changed} {page[-1].number}" if len(found) > size else None
    frame = ["wrb.fr", "UsvDTd", json.dumps([reviews, [None, further], None]), None, None, None, "generic"]
    return ")]}'\n\n" + json.dumps([frame])


def steam(world: World, request: Request) -> Any:
    asked = json.loads(str(request.query["input_json"]))
    token = "" if asked["cursor"] == "*" else base64.b64decode(asked["cursor"]).decode()
    found = behind(world.newest("changed"), token)
    page = found[: asked["num_per_page"]]
    onward = f"{page[-1].changed} {page[-1].number}" if page else token
    answer: dict[str, Any] = {"cursor": base64.b64encode(onward.encode()).decode()}
    answer["query_summary"] = {"num_reviews": len(page)} | ({} if token else {"total_reviews": len(found)})
    answer["reviews"] = [
        {
            "recommendationid": str(one.number), "review": one.words, "timestamp_created": one.written,
            "timestamp_updated": one.changed, "voted_up": True,
        }
        for one in page
    ]  # fmt: skip
    return {"response": answer}


def mastodon(world: World, request: Request) -> Any:
    def local(one: Post) -> int:
        return (one.written * 1000 << 16) + one.number

    def toot(one: Post) -> dict[str, Any]:
        return {
            "id": str(local(one)), "uri": f"https://far.example/p/{one.number}", "content": one.words,
            "created_at": stamp(one.written), "visibility": "public", "account": {"acct": "a@far.example"},
        }  # fmt: skip

    if "/statuses/" in request.url:
        wanted = request.url.rpartition("/")[2]
        found = [one for one in world.shown() if str(local(one)) == wanted]
        return toot(found[0]) if found else (404, {"error": "Record not found"})
    size, newest = int(request.query["limit"]), world.newest()
    if "min_id" in request.query:
        return [toot(one) for one in newest if local(one) > int(request.query["min_id"])][-size:]
    return [toot(one) for one in newest[:size]]


def lemmy(world: World, request: Request) -> Any:
    size, page = int(request.query["limit"]), int(request.query["page"])
    found = [one for one in world.newest() if (one.number % 2 == 0) == (request.query["type_"] == "Posts")]
    views = []
    for one in found[(page - 1) * size : page * size]:
        said = {"ap_id": f"https://tea.example/{one.number}", "published": stamp(one.written)}
        key, words = ("post", "body") if request.query["type_"] == "Posts" else ("comment", "content")
        views.append({key: {**said, "name": "T", words: one.words}, "creator": {}, "community": {}})
    return {"posts": [], "comments": [], str(request.query["type_"]).lower(): views}


def stack_exchange(world: World, request: Request) -> Any:
    if "/posts/" in request.url:
        wanted = {int(number) for number in request.url.rpartition("/")[2].split(";")}
        whole = [
            {"post_id": one.number, "post_type": "question", "body": one.words, "creation_date": one.written}
            for one in world.shown()
            if one.number in wanted
        ]
        return {"items": whole, "has_more": False}
    least, most = int(request.query.get("min", 0)), int(request.query.get("max", 10**12))
    size, page = int(request.query["pagesize"]), int(request.query["page"])
    found = [one for one in world.newest("changed") if least <= one.changed <= most]
    items = [
        {"question_id": one.number, "item_type": "question", "title": "T", "last_activity_date": one.changed}
        for one in found[(page - 1) * size : page * size]
    ]
    return {"items": items, "has_more": len(found) > page * size}


def github(world: World, request: Request) -> Any:
    floor = re.search(r"updated:>=(\S+)", str(request.query["q"]))
    size, page = int(request.query["per_page"]), int(request.query["page"])
    found = [one for one in world.newest("changed") if not floor or one.changed >= seconds(floor[1])]
    if request.query["order"] == "asc":
        found.reverse()
    items = [
        {"node_id": f"I_{one.number}", "title": "T", "body": one.words, "updated_at": stamp(one.changed)}
        for one in found[(page - 1) * size : page * size]
    ]
    return {"incomplete_results": False, "items": items}


def discourse(world: World, request: Request) -> Any:
    def post(one: Post) -> dict[str, Any]:
        return {"id": one.number, "created_at": stamp(one.written), "post_number": 1, "topic_id": 1}

    wanted = re.search(r"/posts/(\d+)\.json", request.url)
    if wanted:
        found = [one for one in world.shown() if one.number == int(wanted[1])]
        return post(found[0]) | {"cooked": found[0].words} if found else (404, {"errors": ["not found"]})
    terms, page = str(request.query["q"]), int(request.query["page"])
    after, before = (re.search(rf"{word}:(\S+)", terms) for word in ("after", "before"))
    found = [
        one
        for one in world.newest()
        if (not after or stamp(one.written)[:10] >= after[1]) and (not before or stamp(one.written)[:10] < before[1])
    ]
    posts = [post(one) | {"blurb": one.words} for one in found[(page - 1) * 50 : page * 50]]
    more = len(found) > page * 50 or None
    return {"posts": posts, "topics": [], "grouped_search_result": {"more_full_page_results": more}}


def devto(world: World, request: Request) -> Any:
    size, page = int(request.query["per_page"]), int(request.query["page"])
    return [
        {"id": one.number, "title": "T", "description": one.words, "published_timestamp": stamp(one.written)}
        for one in world.newest()[(page - 1) * size : page * size]
    ]


def telegram(world: World, request: Request) -> Any:
    before = int(request.query.get("before", 10**9))
    found = sorted((one for one in world.shown() if one.number < before), key=lambda one: one.number)[-20:]
    messages = "".join(
        f'<div class="tgme_widget_message" data-post="TeaNotes/{one.number}">'
        f'<div class="tgme_widget_message_text js-message_text">{one.words}</div>'
        f'<a class="tgme_widget_message_date"><time datetime="{stamp(one.written)}">x</time></a></div>'
        for one in found
    )
    return f'<section class="tgme_channel_history">{messages}</section>'


def reddit(world: World, request: Request) -> Any:
    found = world.newest()[:1000]
    names = [f"t3_{one.number}" for one in found]
    after = request.query.get("after")
    if after and after not in names:
        return {"data": {"children": [], "after": None}}
    start = names.index(str(after)) + 1 if after else 0
    page = found[start : start + 100]
    children = [
        {
            "kind": "t3",
            "data": {
                "name": f"t3_{one.number}", "title": "T", "author": "a", "selftext": one.words, "is_self": True,
                "created_utc": float(one.written), "permalink": f"/r/k/comments/{one.number}/",
            },
        }
        for one in page
    ]  # fmt: skip
    onward = f"t3_{page[-1].number}" if start + 100 < len(found) else None
    return {"data": {"children": children, "after": onward}}


def youtube(world: World, request: Request) -> Any:
    resource, query = request.url.rpartition("/")[2], request.query

    def video(one: Post) -> dict[str, Any]:
        snippet = {"title": "T", "description": one.words, "publishedAt": stamp(one.written)}
        return {"kind": "youtube#video", "id": str(one.number), "snippet": snippet}

    if resource == "videos":
        wanted = str(query["id"]).split(",")
        return {"items": [video(one) for one in world.shown() if str(one.number) in wanted]}
    if resource == "commentThreads":
        return {"items": []}
    floor = str(query.get("publishedAfter", ""))
    found = [one for one in world.newest() if stamp(one.written) >= floor]
    start = int(query.get("pageToken", 0))
    results = [
        {"kind": "youtube#searchResult", "id": {"videoId": str(one.number)}} for one in found[start : start + 50]
    ]
    return {"items": results} | ({"nextPageToken": str(start + 50)} if start + 50 < len(found) else {})


def newsletter(world: World, box: Mailbox) -> Letters:
    there = [one for one in sorted(world.shown(), key=lambda one: one.number) if one.number > box.after]
    letters = tuple(
        (one.number, f"From: Ann <a@b.example>\nMessage-ID: <{one.number}>\nSubject: T\n\n{one.words}\n".encode())
        for one in there[: box.most]
    )
    return Letters(7, letters, more=len(there) > box.most)


KINDS = {
    "hackernews": Kind(hackernews, {"query": "kettle"}, every=300, late=3000, fresh=1800),
    "appstore": Kind(appstore, {"app": 1}, every=3600, burst=200),
    "googleplay": Kind(googleplay, {"app": "com.kettle"}, every=3600, name="gp:{}".format),
    "steam": Kind(steam, {"app": 1}, every=3600),
    "mastodon": Kind(mastodon, {"tags": ["tea"]}, every=300, edits=False, name="https://far.example/p/{}".format),
    "lemmy": Kind(lemmy, {"query": "kettle"}, every=900, late=6000, fresh=3600, name="https://tea.example/{}".format),
    "stack-exchange": Kind(
        stack_exchange, {"query": "kettle"}, every=1800, late=3000, name="stackoverflow/{}".format, burst=400
    ),
    "github": Kind(github, {"query": "kettle"}, every=900, late=500, name="I_{}".format, burst=400),
    "discourse": Kind(
        discourse, {"url": "https://forum.example", "query": "kettle"}, every=900, late=80_000, edits=False, burst=60
    ),
    "devto": Kind(devto, {}, every=1800, late=6000, fresh=3600),
    "telegram": Kind(telegram, {"channel": "teanotes"}, every=1800, edits=False, name="teanotes/{}".format),
    "reddit": Kind(
        reddit, {"query": "kettle", "client_id": "i", "client_secret": "s"}, every=600, late=3000, fresh=1800,
        name="t3_{}".format,
    ),
    # Its pages count from the newest: what is deleted in a walk of days can move another video out of sight.
    "youtube": Kind(
        youtube, {"query": "kettle", "key": "k"}, every=14_400, late=80_000, fresh=40_000, burst=60, deletes=False,
        name="yt:video:{}".format,
    ),
    "newsletter": Kind(
        newsletter, {"host": "m.example", "user": "u", "password": "p"}, edits=False, name=str
    ),  # type: ignore[arg-type]
}  # fmt: skip


# The play -----------------------------------------------------------------------------------------------------------


class Crash(Exception):
    """The program ends here; what was handed over before is stored."""


@dataclass(frozen=True)
class Answered:
    response: Response
    validators: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    moved_to: str = ""

    def put_down(self) -> None:
        pass


class Play:
    """One service, its people, its trouble, and what the source made of it."""

    def __init__(self, kind: str, seed: int) -> None:
        self.kind, self.seed = KINDS[kind], seed
        self.source = sources.load(kind)
        self.config = self.source.Config.model_validate(self.kind.config)
        self.chance, self.world, self.state = random.Random(f"{kind}{seed}"), World(), State()
        self.stored: dict[str, str] = {}
        self.forgotten: set[str] = set()
        self.told: set[str] = set()
        self.trouble = 0.0
        self.requests = 0
        self.in_trouble = False
        self.log: list[str] = []

    # What the network gives

    async def fetch(self, request: Request, **_: Any) -> Answered:
        self.requests += 1
        self.world.now += 2
        said: Any = None
        if self.chance.random() < self.trouble:
            said = self._stumble()
        answered = self.kind.answer(self.world, request) if said is None else said
        status, body = answered if isinstance(answered, tuple) else (200, answered)
        if not 200 <= status < 300 and status not in request.answers:
            raise error_for(status, {}, "the service", datetime.now(UTC))
        raw = body if isinstance(body, str) else json.dumps(body)
        return Answered(Response(status, {"content-type": "application/json"}, raw.encode(), request.url))

    def _stumble(self) -> Any:
        self.in_trouble = True
        match self.chance.randrange(5):
            case 0:
                raise Unreachable("reset")
            case 1:
                return 500, {}
            case 2:
                return 429, {}
            case 3:
                return "<html>a page of the guard before it</html>"
            case _:
                return {"message": "something else"}

    def hold(self, url: str, wait: float) -> None:
        pass

    async def sign_in(self, step: SignIn, **_: Any) -> str:
        return "token"

    async def read_mailbox(self, box: Mailbox) -> Letters:
        if self.chance.random() < self.trouble:
            self.in_trouble = True
            raise Unreachable("reset")
        return self.kind.answer(self.world, box)  # type: ignore[arg-type, no-any-return]

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    # What the store does

    async def commit(self, batch: Batch) -> None:
        if self.chance.random() < self.trouble:
            self.in_trouble = True
            raise Crash
        # A letter over which two polls end is passed over, and said to be: a source knows nothing of the store.
        self.told |= {found[1] for one in batch.problems if (found := re.fullmatch(r"letter (\d+)", one.where))}
        for item in batch.items:
            if item.id not in self.forgotten:
                self.stored[item.id] = self._words(item)
        gone = {tombstone.id for tombstone in batch.tombstones if tombstone.is_told}
        self.forgotten |= gone
        there = {self.kind.name(post.number) for post in self.world.shown()}
        assert not gone & there, f"seed {self.seed}: forgotten and still there: {sorted(gone & there)[:5]}"
        self.state = State.from_json(json.loads(json.dumps(batch.state.as_json())))

    def _words(self, item: Item) -> str:
        return item.text

    # What people do

    def live(self) -> None:
        """An interval passes."""
        chance, world, began = self.chance, self.world, self.world.now
        # A first poll takes what is new then: nobody promises the past.
        calm = not self.requests or chance.random() < 0.93
        many = chance.choice([0, 0, 1, 1, 2, 3, 5]) if calm else chance.randrange(self.kind.burst)
        together = chance.random() < 0.3  # within a second or two
        times = sorted(
            began + 1 + (chance.randrange(2) if together else chance.randrange(self.kind.every - 1))
            for _ in range(many)
        )
        for moment in times:
            late = chance.randrange(self.kind.late) if self.kind.late and chance.random() < 0.2 else 0
            world.say(moment, late)
        world.now = began + self.kind.every
        there = world.shown()
        fresh = [one for one in there if not self.kind.fresh or world.now - one.written < self.kind.fresh]
        if self.kind.edits and fresh and chance.random() < 0.4:
            for one in chance.sample(fresh, min(len(fresh), 3)):
                one.version += 1
                one.accepted.add(one.version)
                one.changed = world.now - chance.randrange(10)
        if self.kind.deletes and there and chance.random() < 0.2:
            for one in chance.sample(there, min(len(there), chance.choice([1, 1, 2, 9]))):
                one.gone = True

    async def poll(self) -> None:
        """Once, and again as long as there is more; a walk must come to an end."""
        self.in_trouble = False
        for _ in range(AT_ONCE):
            try:
                outcome = await drive(self.source, self.config, self.state, net=self, pool=self, commit=self.commit)
            except (SourceError, Crash) as error:
                if not self.trouble:
                    raise
                self.log.append(type(error).__name__)
                return
            if not outcome.again:
                break
        else:
            raise AssertionError(f"seed {self.seed}: a walk that does not end")
        if not self.in_trouble:
            for one in self.world.posts:
                if one.seen <= self.world.now:
                    one.accepted = {one.version}  # what was edited before a whole poll must be seen by it

    async def run_all(self) -> None:
        for number in range(POLLS):
            # Trouble comes in spells, after a first good poll.
            if number % 6 == 0:
                self.trouble = self.chance.choice([0.0, 0.05, 0.3]) if number else 0.0
            self.live()
            await self.poll()
        self.trouble = 0.0
        self.world.now += self.kind.late
        for _ in range(QUIET):
            self.world.now += self.kind.every
            await self.poll()

    def verdict(self) -> list[str]:
        """What is wrong in the end."""
        wrong = []
        for one in self.world.shown():
            name = self.kind.name(one.number)
            if name in self.told:
                continue
            if name not in self.stored:
                wrong.append(
                    f"{name} of minute {(one.written - BEGAN) // 60}, seen {one.seen - one.written} s later, is lost"
                )
            elif not any(self.stored[name].endswith(f"version {version}") for version in one.accepted):
                wrong.append(f"{name}: {self.stored[name]!r} is not version {one.version}")
        return wrong


def seeds() -> list[Any]:
    quick = [pytest.param(kind, seed) for kind in KINDS for seed in range(1)]
    return quick + [pytest.param(kind, seed, marks=pytest.mark.slow) for kind in KINDS for seed in range(1, 40)]


@pytest.mark.parametrize(("kind", "seed"), seeds())
async def test_all_is_taken_once_as_it_last_was(kind: str, seed: int) -> None:
    play = Play(kind, seed)
    await play.run_all()
    assert play.verdict() == []
    cursor = len(json.dumps(play.state.as_json()))
    assert cursor < 20_000, "a cursor that grows"
