"""Newsletters: through a real IMAP server, each letter once; and whatever somebody may put into a letter."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.collect.drive import State
from sources import newsletter
from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Item,
    Letters,
    Mailbox,
    NeedsAuth,
    NotFound,
    Problem,
    Read,
    replay,
)
from sources.newsletter import read_letter
from tests.net.imap_server import PASSWORD, USER, Folder, ImapServer


def letter(number: int, text: str = "We boiled water.", **headers: str) -> bytes:
    given = {
        "From": "Ada <ada@kettle.example>",
        "Subject": f"Issue {number}",
        "Date": "Sat, 21 Nov 2026 07:30:00 +0100",
        "Message-ID": f"<{number}@kettle.example>",
        **headers,
    }
    return ("".join(f"{name}: {value}\r\n" for name, value in given.items() if value) + f"\r\n{text}\r\n").encode()


def item_of(raw: bytes) -> Item:
    (item,) = read_letter(raw)
    assert isinstance(item, Item), item
    return item


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[ImapServer, dict[str, Any]]]:
    server = ImapServer(folders={"INBOX": Folder(), "News": Folder()})
    async with await server.start():
        config = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": USER, "password": PASSWORD}
        yield server, {**config, "folder": "News"}


# Polls ----------------------------------------------------------------------------------------------------------------


async def test_each_letter_comes_once(mailbox: Any, polled: Any) -> None:
    server, config = mailbox
    server.add(letter(1), letter(2), folder="News")
    first = await polled("newsletter", config)
    assert first.ids == ["1@kettle.example", "2@kettle.example"]
    assert first.state.cursor == {"validity": 1, "uid": 2}
    second = await polled("newsletter", config, first.state)
    assert (second.items, second.state.cursor) == ([], {"validity": 1, "uid": 2})
    server.add(letter(3), folder="News")
    assert (await polled("newsletter", config, second.state)).ids == ["3@kettle.example"]


async def test_a_full_folder_is_read_in_several_polls(mailbox: Any, polled: Any) -> None:
    server, config = mailbox
    server.add(*(letter(at) for at in range(1, 121)), folder="News")
    state, taken, polls = State(), [], 0
    while True:
        done = await polled("newsletter", config, state)
        taken, state, polls = taken + done.ids, done.state, polls + 1
        if not done.outcome.again:
            break
    assert taken == [f"{at}@kettle.example" for at in range(1, 121)]
    assert polls == 3


async def test_a_folder_made_anew_gives_the_same_ids_again(mailbox: Any, polled: Any) -> None:
    server, config = mailbox
    server.add(letter(1), letter(2), folder="News")
    first = await polled("newsletter", config)
    server.folders["News"] = Folder(validity=9, letters={4: letter(2), 5: letter(1), 6: letter(3)})
    anew = await polled("newsletter", config, first.state)
    assert sorted(anew.ids) == ["1@kettle.example", "2@kettle.example", "3@kettle.example"]
    assert anew.state.cursor == {"validity": 9, "uid": 6}


async def test_a_missing_folder_names_the_others(mailbox: Any, polled: Any) -> None:
    _, config = mailbox
    done = await polled("newsletter", {**config, "folder": "Letters"})
    assert isinstance(done.error, NotFound)
    assert "INBOX, News" in done.error.words


async def test_the_password_shows_nowhere(mailbox: Any, polled: Any) -> None:
    server, config = mailbox
    server.add(letter(1), b"", folder="News")
    done = await polled("newsletter", config)
    wrong = await polled("newsletter", {**config, "password": "wr0ng-secret"})
    assert isinstance(wrong.error, NeedsAuth)
    assert "wr0ng" not in wrong.error.words + repr(wrong.state)
    assert done.items
    assert done.problems
    shown = repr((done.items, done.problems, done.outcome, newsletter.Config(**config))) + json.dumps(
        done.state.as_json()
    )
    assert PASSWORD not in shown


def test_without_a_password_it_says_so() -> None:
    for password in ({}, {"password": ""}):
        with pytest.raises(NeedsAuth, match=r"ann@acme\.example at imap\.acme\.example"):
            next(newsletter.fetch(_config(**password), {}))


def test_what_it_asks_of_the_mailbox() -> None:
    asked = next(newsletter.fetch(_config(password="x", security="starttls"), {"validity": 7, "uid": 40}))
    assert isinstance(asked, Mailbox)
    assert (asked.port, asked.folder, asked.validity, asked.after) == (143, "INBOX", 7, 40)
    assert next(newsletter.fetch(_config(password="x"), {})).port == 993  # type: ignore[union-attr]


def test_a_letter_that_kills_its_reader_is_passed_over_and_the_others_are_read() -> None:
    """Reading letter 2 kills the child each time. The runtime ends the poll there; the last checkpoint stays."""
    letters = {1: letter(1), 2: b"poison", 3: letter(3)}
    cursor: dict[str, Any] = {}
    taken: list[str] = []
    problems: list[str] = []
    for _ in range(6):
        reading, answer, waiting = newsletter.fetch(_config(password="x"), cursor), None, []
        try:
            while True:
                step = reading.send(answer)
                answer = None
                match step:
                    case Mailbox():
                        answer = Letters(1, tuple((uid, raw) for uid, raw in letters.items() if uid > step.after))
                    case Read():
                        if step.args[0] == b"poison":
                            raise BadShape("$", "the process that reads ended by itself")
                        answer = step.here()
                    case Item():
                        waiting.append(step.id)
                    case Problem():
                        problems.append(step.where)
                    case Checkpoint():
                        cursor, taken, waiting = dict(step.cursor), taken + waiting, []
        except BadShape:
            continue
        except StopIteration as end:
            cursor, taken = dict(end.value), taken + waiting
    assert taken == ["1@kettle.example", "3@kettle.example"]
    assert problems == ["letter 2"]
    assert cursor == {"validity": 1, "uid": 3}


def test_a_letter_that_came_without_its_end_is_told(reply: Any) -> None:
    steps = list(
        replay(newsletter.fetch(_config(password="x"), {}), [Letters(1, ((4, letter(1)),), True, frozenset({4}))])
    )
    assert [type(step) for step in steps] == [Checkpoint, Item, Problem, Again, Checkpoint]


# Letters --------------------------------------------------------------------------------------------------------------


def test_a_letter_is_an_article_of_its_list() -> None:
    item = item_of(letter(1, **{"List-Id": "Kettle Weekly <weekly.kettle.example>"}))
    assert (item.kind, item.title, item.text, item.author) == ("article", "Issue 1", "We boiled water.", "Ada")
    assert item.extra == {"outlet": "Kettle Weekly", "list": "weekly.kettle.example"}
    assert item.published is not None
    assert item.published.isoformat() == "2026-11-21T06:30:00+00:00"
    assert item_of(letter(1)).extra == {"outlet": "Ada"}


def test_without_an_id_a_letter_is_known_by_its_words() -> None:
    one, same, other = (item_of(letter(1, text, **{"Message-ID": ""})) for text in ("a", "a", "b"))
    assert one.id.startswith("hash:")
    assert one.id == same.id != other.id


def test_the_longer_of_two_parts_is_read_when_the_plain_one_is_a_stub() -> None:
    html = "<p>" + "Brightwater is quiet. " * 20 + "</p>"
    assert item_of(_both("View the HTML version.", html)).text.startswith("Brightwater is quiet.")
    plain = "Brightwater is quiet, we found, and it does not leak. " * 8
    assert item_of(_both(plain, html)).text == plain.strip()
    assert item_of(_both("", html)).text.startswith("Brightwater")
    assert item_of(_both("<html><body><p>Not plain at all</p></body></html>", "")).text == "Not plain at all"


@pytest.mark.parametrize(
    "footer",
    [
        "Unsubscribe | Manage preferences",
        "You are receiving this email because you signed up.\nKettle Ltd, 1 Spout Lane",
        "Newsletter abbestellen",
        "(unsubscribe) https://click.example/u/1",
        "Vous recevez ce message parce que vous êtes abonné",
    ],
)
def test_what_stands_below_each_issue_is_left_out(footer: str) -> None:
    assert item_of(letter(1, f"View this email in your browser\n\nIt boils.\nIt sings.\n\n{footer}")).text == (
        "It boils.\nIt sings."
    )


def test_words_about_unsubscribing_in_the_middle_stay() -> None:
    text = "Why people unsubscribe\nUnsubscribe buttons are small.\n" + "More of it.\n" * 40
    assert "buttons are small" in item_of(letter(1, text)).text
    assert item_of(letter(1, "Unsubscribe buttons are small.")).text == "Unsubscribe buttons are small."
    assert item_of(letter(1, "Hello\nYou received 3 new reviews")).text.endswith("3 new reviews")


def test_links_made_for_one_reader_are_not_kept() -> None:
    secret = "https://click.example/view?reader=8f3a" + "0" * 80
    item = item_of(letter(1, f"It boils.\n\n{secret}\n( {secret} )\n\nIt sings."))
    assert "8f3a" not in item.text
    assert item.url == ""
    assert item_of(letter(1, **{"Archived-At": "<https://kettle.example/1>"})).url == "https://kettle.example/1"


def test_padding_that_nobody_sees_is_gone_and_emoji_are_whole() -> None:
    padding = "\u00a0\u200c\u034f" * 50
    assert item_of(letter(1, f"Quiet{padding} kettle 👩\u200d🍳")).text == "Quiet kettle 👩\u200d🍳"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "no-such", "hex", "idna", "utf-16", ""])
def test_any_charset_gives_text(charset: str) -> None:
    raw = letter(1, "Caf\u00e9 kettle", **{"Content-Type": f"text/plain; charset={charset}"})
    assert "kettle" in item_of(raw).text or charset == "utf-16"
    raw_bytes = raw.replace("é".encode(), b"\xe9")
    assert isinstance(read_letter(raw_bytes)[0], Item)


def test_headers_of_raw_bytes_are_read() -> None:
    assert item_of(letter(1, Subject="Größe ☕", From="Zoë <zoe@kettle.example>")).title == "Größe ☕"
    item = item_of(letter(1, Subject="Gr\u00f6\u00dfe").replace("Größe".encode(), b"Gr\xf6\xdfe"))
    assert item.title == "Größe"


def _nested(depth: int) -> bytes:
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n" for at in range(depth))
    return b"Subject: deep\r\n" + opened.encode() + b"Content-Type: text/plain\r\n\r\nhello\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"\0" * 500,
        b"Subject",
        b"Subject: =?utf-8?b?////?= =?no-such?q?=ff?= =?utf-8?q?",
        b"From: " + b"<" * 5_000 + b"\r\nSubject: x\r\n\r\nhi",
        b"From: " + b"(" * 100_000 + b"\r\nSubject: x\r\n\r\nhi",
        b"From: " + b"a@b.example, " * 100_000 + b"\r\nSubject: x\r\n\r\nhi",
        b"Message-ID: [\r\nSubject: x\r\n\r\nhi",
        b"Message-ID: <" + b"x" * 100_000 + b">\r\nSubject: x\r\n\r\nhi",
        b"Date: Thu, 99 Foo 99999 99:99:99 +9999\r\nSubject: x\r\n\r\nhi",
        b"Date: " + b"1" * 50_000 + b"\r\nSubject: x\r\n\r\nhi",
        b"Subject: x\r\nContent-Type: " + b";" * 50_000 + b"\r\n\r\nhi",
        b"Subject: x\r\nContent-Type: text/html; charset=\xff\xfe\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Subject: x\r\nContent-Type: multipart/alternative\r\n\r\nno boundary",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * 5_000,
        b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n" * 500,
        _nested(3),
        _nested(3_000),
        b"X: y\r\n" * 20_000 + b"Subject: x\r\n\r\nhi",
        b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 20_000,
        b"Subject: x\r\n\r\n" + b"unsubscribe " * 50_000,
        b"Subject: x\r\n\r\n" + b"\xe2\x80\x8b " * 50_000,
    ],
)  # fmt: skip
def test_hostile_letters_are_an_item_or_a_problem_and_soon_read(raw: bytes) -> None:
    started = time.perf_counter()
    (step,) = read_letter(raw)
    assert time.perf_counter() - started < 2
    assert isinstance(pickle.loads(pickle.dumps(step)), Item | Problem)
    if isinstance(step, Item):
        assert len(step.id) <= 500
        assert "\n" not in step.title


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"Subject: {text}\r\n\r\n{text}".encode()))
def test_noise_is_an_item_or_a_problem(raw: bytes) -> None:
    assert len(read_letter(raw)) == 1


def test_recorded_letters_are_read(corpora: Callable[[str], Path]) -> None:
    folder = corpora("huginn-fixtures") / "spec/data_fixtures"
    first, second = (item_of((folder / f"imap{at}.eml").read_bytes()) for at in (1, 2))
    assert (first.id, first.title, first.author) == ("foo.123@mail.example.jp", "some subject", "Nanashi")
    assert first.text == "Some HTML document\nSome second line of HTML"
    assert (second.id, second.title, second.text) == ("bar.456@mail.example.com", "Re: some subject", "Some HTML reply")
    assert second.published is not None
    assert second.published.isoformat() == "2014-05-09T08:00:00+00:00"


def _both(plain: str, html: str) -> bytes:
    parts = "".join(
        f"--b\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{text}\r\n"
        for kind, text in (("plain", plain), ("html", html))
        if text
    )
    return letter(1, f"{parts}--b--", **{"Content-Type": 'multipart/alternative; boundary="b"'})


def _config(**more: Any) -> newsletter.Config:
    return newsletter.Config.model_validate({"host": "imap.acme.example", "user": "ann@acme.example", **more})


PERSONAL = b"""From: "Kettle News" <news@kettle.example>
To: Jane Brand <jane.brand@acme.example>
Subject: For jane.brand@acme.example
Message-ID: <bounce-7-Jane.Brand=acme.example@kettle.example>
Archived-At: <https://kettle.example/view?reader=7&t=TOKEN>
Content-Type: text/%s; charset=utf-8

"""


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_nothing_of_a_letter_tells_who_reads_it_or_acts_for_them(kind: str) -> None:
    words = [
        "The new kettle of Brightwater boils in a minute, and everybody in the office wants to have one at once.",
        "Read on at https://kettle.example/c/news?e=jane.brand%40acme.example&t=TOKEN, it is worth it.",
        "https://kettle.example/click/TOKEN-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Sent to JANE.BRAND@acme.example with love.",
    ]
    body = "\n".join(f"<p>{line}</p>" if kind == "html" else line for line in words)
    (item,) = read_letter(PERSONAL % kind.encode() + body.encode())
    assert isinstance(item, Item)
    everything = str(item).lower()
    assert "jane" not in everything
    assert "token" not in everything
    assert "https://kettle.example/c/news" in item.text
    assert item.url == ""
    (again,) = read_letter(PERSONAL % kind.encode() + body.encode())
    assert again == item


def test_where_a_list_keeps_its_letters_for_all_is_linked_to() -> None:
    raw = b"To: all@lists.example\nArchived-At: <https://lists.example/arch/abc>\nSubject: S\n\nwords\n"
    (item,) = read_letter(raw)
    assert isinstance(item, Item)
    assert item.url == "https://lists.example/arch/abc"
