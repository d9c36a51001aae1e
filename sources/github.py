"""Issues and pull requests on GitHub that contain a query, and the passages of their comments that do.

Written from documentation; not yet seen live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from sources.base import (
    Again,
    BadShape,
    Blocked,
    Checkpoint,
    Cursor,
    Get,
    Item,
    NeedsAuth,
    NotFound,
    Pause,
    Problem,
    RateLimited,
    Reading,
    Response,
    SourceConfig,
    source,
)
from sources.reading.dates import when
from sources.reading.identity import bounded
from sources.reading.links import web_link
from sources.reading.text import tidy
from sources.reading.values import asked, known, listed, part, several, text_of, whole

PAGE = 100
LAST_PAGE = 10
"""A query gives 1,000 results at most."""
REQUESTS_A_POLL = 10
OVERLAP = timedelta(minutes=10)
"""Asked again at each poll: the index is late at times."""
TRIES = 3
"""How often an incomplete answer is asked for again."""
_BEGINNING = datetime(2008, 1, 1, tzinfo=UTC)
"""Where nothing was found yet, all that comes is new, however much it is."""
_COMMENT = re.compile(r"/comments/(\d+)$")


class Config(SourceConfig):
    """What to search for."""

    query: str = Field(
        min_length=1,
        max_length=180,
        description='Words to search, a phrase in "quotes"; with repo:owner/name, -user:name … to narrow it.',
    )
    token: SecretStr | None = Field(
        None, description="A token without any rights (github.com/settings/tokens): 30 searches a minute instead of 10."
    )
    base_url: str = Field("https://api.github.com", pattern=r"^https?://", description="Where the service answers.")


def _from_url(url: str) -> dict[str, str]:
    """A search page, or the issues or pull requests of one repository."""
    words = asked(url, "q")
    repository = re.search(r"github\.com/([\w.-]+/[\w.-]+)/(?:issues|pulls|pull)\b", url)
    if repository and f"repo:{repository[1]}" not in words:
        words = f"repo:{repository[1]} {words}".strip()
    return {"query": words} if words else {}


def _cursor_at(config: Config, moment: datetime) -> Cursor:
    return {"since": _stamp(moment + OVERLAP)}


@source(
    kind="github",
    title="GitHub issues and pull requests",
    every="15m",
    rate="1/7s",
    host="api.github.com",
    terms="public search API, 10 searches a minute without token; link to the issue",
    example={"query": "aiohttp"},
    detect=[r"^https?://github\.com/search\?", r"^https?://github\.com/[\w.-]+/[\w.-]+/(?:issues|pulls?)\b"],
    from_url=_from_url,
    cursor_at=_cursor_at,
)
def fetch(config: Config, cursor: Cursor) -> Reading:
    """From what was changed at the last poll forward to what was changed last.

    By change, because that shows edits, comments and what was closed; forward, because what changes meanwhile then
    comes once more at the end instead of slipping behind a page. The first poll takes the hundred changed last.

    Cursor: `since`, the time of the last change seen; in the middle of a walk `from` and `page`, where to go on;
    `tries`, how often an answer has been incomplete there; `again` where the walk was left on purpose;
    `broken_off`, where it first was not.
    """
    since, tries = when(cursor.get("since")), whole(cursor.get("tries"))
    newest, floor, page = since, when(cursor.get("from")) or (since and since - OVERLAP), whole(cursor.get("page")) or 1
    broken_off = when(cursor.get("broken_off"))
    if not cursor.get("again") and not tries:
        broken_off = broken_off or when(cursor.get("from"))
        page = 1  # what was deleted meanwhile moves others of the same second onto pages that were read
    for _ in range(REQUESTS_A_POLL):
        answer, rest = yield from _ask(config, floor, page)
        issues = listed(answer.get("items"), "$.items")
        yield from _items(issues)
        times = [moment for issue in issues if isinstance(issue, dict) and (moment := when(issue.get("updated_at")))]
        if answer.get("incomplete_results") is True and tries < TRIES:
            # GitHub ran out of time and left some out, anywhere: the same is asked for again, and nothing passed over.
            yield Again()
            return _cursor(newest, floor, page, broken_off) | {"tries": tries + 1}
        if answer.get("incomplete_results") is True:
            yield Problem("$.incomplete_results", "GitHub ran out of time again and again: some may be missing")
        newest, tries = max([newest, *times] if newest else times, default=None), 0
        if rest:
            yield Pause(rest, host=True)
        if not floor or not times or len(issues) < PAGE:
            # What was indexed late while a broken walk waited lies before the place where it went on.
            reached = min(newest, broken_off) if newest and broken_off else newest
            return {"since": _stamp(reached or _BEGINNING)}
        reached = max(times)
        if reached > floor:
            floor, page = reached, 1
        elif page < LAST_PAGE:
            page += 1
        else:
            yield Problem("$.items", "more than 1,000 issues were changed in one second: some are missing")
            floor, page = floor + timedelta(seconds=1), 1
        yield Checkpoint(_cursor(newest, floor, page, broken_off))
        if rest:
            break
    yield Again()
    return _cursor(newest, floor, page, broken_off) | {"again": True}


def _cursor(newest: datetime | None, floor: datetime | None, page: int, broken_off: datetime | None) -> dict[str, Any]:
    times = {"since": newest, "from": floor, "broken_off": broken_off}
    return known(page=page, **{name: moment and _stamp(moment) for name, moment in times.items()})


def _ask(config: Config, floor: datetime | None, page: int) -> Any:
    """One page, and the seconds that GitHub wants to be left alone after it."""
    # A token sees its owner's private repositories, too: what is said there was not said in public.
    scope = ("" if " in:" in f" {config.query}" else " in:title,body,comments") + (" is:public" if config.token else "")
    bound = f" updated:>={_stamp(floor)}" if floor else ""
    headers = {"accept": "application/vnd.github.text-match+json", "x-github-api-version": "2022-11-28"}
    if config.token:
        headers["authorization"] = f"Bearer {config.token.get_secret_value()}"
    query: dict[str, str | int] = {
        "q": f"{config.query}{scope}{bound}", "sort": "updated", "order": "asc" if floor else "desc",
        "per_page": PAGE, "page": page,
    }  # fmt: skip
    address = f"{config.base_url.rstrip('/')}/search/issues"
    reply: Response = yield Get(address, query, headers, conditional=False, answers=(401, 403, 422))
    answer = reply.json()
    if not isinstance(answer, dict):
        raise BadShape("$", "not an object")
    if reply.status >= 400:
        raise _refusal(reply, answer, config)
    return answer, _rest(reply.headers) if reply.headers.get("x-ratelimit-remaining") == "0" else 0.0


def _refusal(reply: Response, answer: Mapping[str, Any], config: Config) -> Exception:
    reasons = [text_of(one.get("message")) for one in several(answer.get("errors")) if isinstance(one, dict)]
    said = "; ".join([text_of(answer.get("message")), *filter(None, reasons)])[:300]
    if reply.status == 422:
        return NotFound(f"GitHub does not understand the query {config.query!r}; change it: {said}")
    if reply.status == 401:
        return NeedsAuth(f"GitHub refuses the token: {said}")
    after = reply.headers.get("retry-after", "")
    if after.isdigit():
        return RateLimited(f"GitHub wants a pause of {after} s", float(after[:6]))
    if reply.headers.get("x-ratelimit-remaining") == "0" or "rate limit" in said:
        return RateLimited(f"GitHub says: {said}", _rest(reply.headers))
    return Blocked(f"GitHub says: {said}")


def _rest(headers: Mapping[str, str]) -> float:
    """Seconds until GitHub counts anew, by its own clock."""
    now, reset = when(headers.get("date")), when(headers.get("x-ratelimit-reset"))
    return min(max((reset - now).total_seconds() + 1, 1.0), 3600.0) if now and reset else 60.0


def _items(issues: list[Any]) -> Iterator[Item | Problem]:
    for at, issue in enumerate(issues):
        identifier = (
            (text_of(issue.get("node_id")) or text_of(issue.get("html_url"))) if isinstance(issue, dict) else ""
        )
        if not identifier:
            yield Problem(f"$.items[{at}]", "an issue without id")
            continue
        yield _issue(bounded(identifier), issue)
        yield from _passages(issue)


def _issue(identifier: str, issue: Mapping[str, Any]) -> Item:
    user = part(issue, "user")
    labels = [text_of(label.get("name")) for label in several(issue.get("labels")) if isinstance(label, dict)]
    return Item(
        id=identifier,
        title=" ".join(text_of(issue.get("title")).split()),
        text=tidy(_without_comments(text_of(issue.get("body")))),
        url=web_link(issue.get("html_url")),
        author=text_of(user.get("login")),
        published=when(issue.get("created_at")),
        kind="post",
        extra=known(
            repository=_repository(issue),
            what="pull request" if "pull_request" in issue else "issue",
            state=text_of(issue.get("state")),
            reason=text_of(issue.get("state_reason")),
            comments=whole(issue.get("comments")),
            reactions=whole(part(issue, "reactions").get("total_count")) or None,
            labels=[label for label in labels if label],
            automated=text_of(user.get("type")) == "Bot",
        ),
    )


def _passages(issue: Mapping[str, Any]) -> Iterator[Item]:
    """What was found in comments. GitHub shows the passage around it, and neither author nor time: they would take a
    request each, of sixty an hour."""
    fragments: dict[str, list[str]] = {}
    for match in several(issue.get("text_matches")):
        if isinstance(match, dict) and match.get("object_type") == "IssueComment":
            number, fragment = _COMMENT.search(text_of(match.get("object_url"))), text_of(match.get("fragment"))
            if number and fragment:
                fragments.setdefault(number[1], []).append(fragment)
    page = web_link(issue.get("html_url"))
    for comment, passages in fragments.items():
        yield Item(
            id=f"comment:{comment}",
            title=" ".join(text_of(issue.get("title")).split()),
            text=tidy(" … ".join(dict.fromkeys(passages))),
            url=f"{page}#issuecomment-{comment}" if page else "",
            published=when(issue.get("updated_at")),
            kind="comment",
            extra=known(repository=_repository(issue), what="passage of a comment"),
        )


def _repository(issue: Mapping[str, Any]) -> str:
    return "/".join(urlsplit(web_link(issue.get("repository_url"))).path.split("/")[-2:])


def _without_comments(text: str) -> str:
    """The text without <!-- … -->, in which templates tell people how to fill them in."""
    kept, start = [], 0
    while (opened := text.find("<!--", start)) >= 0 and (closed := text.find("-->", opened)) >= 0:
        kept.append(text[start:opened])
        start = closed + 3
    return "".join([*kept, text[start:]])


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
