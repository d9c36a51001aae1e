"""Files of comments: encodings, columns of any name, surveys, bad rows, the dry run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import table
from sources.base import BadShape, Checkpoint, Item, LocalFile, Problem, Response, replay

Items = Callable[..., list[Item]]


def read(body: bytes | str, **config: Any) -> list[Item | Problem]:
    raw = body.encode() if isinstance(body, str) else body
    return list(table.items_in(raw, table.Config(path="x.csv", **config)))


def items(body: bytes | str, **config: Any) -> list[Item]:
    return [step for step in read(body, **config) if isinstance(step, Item)]


def test_a_file_is_read_again_only_when_it_or_its_meaning_changed(
    reply: Callable[..., Response], items_of: Items
) -> None:
    config = table.Config(path="comments.csv")
    reading = table.fetch(config, {})
    assert next(reading) == LocalFile("comments.csv")
    body = "text\nhello\n"
    steps = list(replay(table.fetch(config, {}), [reply(body)]))
    assert isinstance(steps[-1], Checkpoint)
    cursor = steps[-1].cursor
    assert items_of(replay(table.fetch(config, cursor), [reply(body)])) == []
    assert len(items_of(replay(table.fetch(config, cursor), [reply(body + "new\n")]))) == 2
    other = table.Config(path="comments.csv", mention="review")
    assert len(items_of(replay(table.fetch(other, cursor), [reply(body)]))) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str) -> None:
    body = f'id{delimiter}comment\r\n1{delimiter}"Größe, „gut“; sehr{delimiter} sehr"\r\n2{delimiter}ok\r\n'
    assert [item.text for item in items(body.encode(encoding))] == [f"Größe, „gut“; sehr{delimiter} sehr", "ok"]


@pytest.mark.parametrize(
    "header",
    [
        "id,title,comment,author,date,rating,url,lang",
        "Review ID,Subject,Review Text,Reviewer Name,Date Created,Star Rating,Permalink,Language",
        "external_id,headline,body,user_name,created_at,stars,link,locale",
        "ID,Betreff,Kommentar,Kunde,Datum,Bewertung,URL,Sprache",
        "id,titre,commentaire,auteur,date,note,lien,langue",
        "id,título,comentario,autor,fecha,puntuación,enlace,idioma",
        "ID,タイトル,コメント,名前,日付,評価,URL,言語",
    ],
)
def test_columns_are_known_by_their_names(header: str) -> None:
    (item,) = items(f"{header}\n7,Lid,The lid sticks.,Ann,2026-11-20,4,https://a.example/7,en-GB\n")
    assert (item.id, item.title, item.text, item.author) == ("7", "Lid", "The lid sticks.", "Ann")
    assert item.published == datetime(2026, 11, 20, tzinfo=UTC)
    assert (item.rating, item.rating_max, item.rating_kind) == (4.0, 5.0, "stars")
    assert (item.url, item.lang) == ("https://a.example/7", "en")


def test_the_configuration_has_the_last_word_on_columns() -> None:
    body = "comment,What we heard,Points\nignored,It leaks,7\n"
    (item,) = items(body, columns={"text": "What we heard", "rating": "Points"}, rating_max=20, mention="review")
    assert (item.text, item.rating, item.rating_max, item.kind) == ("It leaks", 7.0, 20.0, "review")


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BadShape, match=r'no column "Text"; there are: a, b'):
        read("a,b\n1,2\n", columns={"text": "Text"})


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="fields are: id, url"):
        table.Config(path="x", columns={"txt": "a"})


def test_without_a_known_name_the_wordiest_column_is_the_text() -> None:
    assert items("a,b\nx,This is what somebody said to us\n")[0].text == "This is what somebody said to us"


def test_a_file_without_any_text_says_what_to_do() -> None:
    with pytest.raises(BadShape, match="columns = "):
        read("a,b\n1,2\n")


def test_a_bad_row_is_reported_with_its_line_and_stops_nobody() -> None:
    body = 'id,comment\n1,good\n2,too,many,values\n3,"never closed\n4,also good\n5,\n6,last\n'
    steps = read(body)
    assert [step.text for step in steps if isinstance(step, Item)] == ["good", "also good", "last"]
    assert [step.where for step in steps if isinstance(step, Problem)] == ["line 3", "line 4", "line 6"]


def test_a_comment_over_several_lines_is_one_row() -> None:
    (item,) = items('comment,rating\n"first\nsecond ""quoted""",3\n')
    assert item.text == 'first\nsecond "quoted"'


def test_equal_answers_of_two_people_are_two_mentions_and_stay_so() -> None:
    first, second = items("comment\nGood\nGood\n"), items("comment\nGood\nGood\nBad\n")
    assert len({item.id for item in first}) == 2
    assert [item.id for item in first] == [item.id for item in second[:2]]


def test_an_id_used_twice_loses_nothing() -> None:
    assert len({item.id for item in items("id,comment\n1,a\n1,b\n1,b\n")}) == 3


@pytest.mark.parametrize(
    ("values", "best"),
    [
        (["1", "5"], 5),
        (["0", "10"], 10),
        (["3/5"], 5),
        (["4 out of 10"], 10),
        (["★★★"], 5),
        (["55", "90"], 100),
        (["4,5"], 5),
        (["4 of 5"], 5),
        (["3 stars out of 10"], 10),
        (["4★", "2★"], 5),
        (["4", "80 %"], 100),
    ],
)
def test_the_scale_is_that_of_the_whole_column(values: list[str], best: float) -> None:
    rows = "\n".join(f'x,"{value}"' for value in values)
    assert {item.rating_max for item in items(f"comment,rating\n{rows}\n")} == {best}


@pytest.mark.parametrize(
    ("written", "rating"),
    [
        ("3/5", 3), ("4 of 5", 4), ("4 von 5", 4), ("★★★", 3), ("★★★☆☆", 3), ("★★★½", 3.5), ("⭐️⭐️", 2), ("4★", 4),
        ("★ 4.5", 4.5), ("***", 3), ("4 stars out of 5", 4), ("5 Sterne", 5), ("three", 3),
    ],
)  # fmt: skip
def test_a_rating_is_read_as_people_write_it(written: str, rating: float) -> None:
    (item,) = items(f'comment,overall\nhello,"{written}"\n')
    assert (item.rating, item.rating_max) == (rating, 5.0)


@pytest.mark.parametrize("name", ["Score (1-10)", "Rating out of 10", "Overall / 10", "Note sur 10"])
def test_the_scale_may_stand_in_the_columns_name(name: str) -> None:
    assert items(f"comment,{name}\nhello,4\n")[0].rating_max == 10.0


@pytest.mark.parametrize(
    "name",
    [
        "When",
        "Date of visit",
        "Submitted at",
        "Posted",
        "Time",
        "Date/Time",
        "Wann",
        "Date de visite",
        "Cuándo",
        "日時",
    ],
)
def test_a_column_of_dates_is_known_by_many_names(name: str) -> None:
    assert items(f"comment,{name}\nhello,2026-11-20\n")[0].published == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["Overall", "overall_rating", "Stars given", "Your rating", "Gesamtbewertung", "Note globale", "総合評価"]
)
def test_a_column_of_ratings_is_known_by_many_names(name: str) -> None:
    assert items(f"comment,{name}\nhello,3/5\n")[0].rating == 3.0


def test_an_nps_of_three_is_three_of_ten() -> None:
    assert items("comment,NPS\nmeh,3\n")[0].rating_max == 10.0


@pytest.mark.parametrize("rating", ["n/a", "", "-3", "1e999", "99999999999", "lots"])
def test_what_is_no_rating_is_left_out(rating: str) -> None:
    (item,) = items(f"comment,rating\nhello,{rating}\n")
    assert item.rating is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("comment\nx y z\n", "post"),
        ("comment,nps\nx,3\n", "survey"),
        ("review,stars\nx,3\n", "review"),
        ("comment,kind\nx,article\n", "article"),
    ],
)
def test_the_kind_of_mention_is_guessed(body: str, kind: str) -> None:
    assert items(body)[0].kind == kind


def test_days_come_first_where_the_column_says_so() -> None:
    rows = items("comment,date\na,03/04/2026\nb,21/04/2026\n")
    assert rows[0].published == datetime(2026, 4, 3, tzinfo=UTC)
    assert items("comment,date\na,03/04/2026\n")[0].published == datetime(2026, 3, 4, tzinfo=UTC)
    assert items("comment,date\na,03/04/2026\n", day_first=True)[0].published == datetime(2026, 4, 3, tzinfo=UTC)


def test_how_to_reach_a_person_is_not_taken() -> None:
    body = "comment,Email Address,IP Address,Phone,From,Store\nhi there,a@b.example,10.0.0.1,123,jo@c.example,Leeds\n"
    (item,) = items(body)
    assert item.extra == {"Store": "Leeds"}
    assert item.author == ""
    assert items(body, personal=True)[0].extra["Email Address"] == "a@b.example"


SURVEYMONKEY = """Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,How likely is it that you would recommend us?,What could we do better?,Which do you own?,
,,,,,,,,,,Open-Ended Response,Kettle,Toaster
118001,4001,11/20/2026 09:00:00 AM,11/20/2026 09:03:00 AM,10.0.0.1,a@b.example,Ann,Lee,,9,"Longer flex, please.",Kettle,
118002,4001,11/20/2026 10:00:00 AM,11/20/2026 10:03:00 AM,10.0.0.2,,,,,2,,,Toaster
118003,4001,11/20/2026 11:00:00 AM,,10.0.0.3,,,,,,,,
"""  # noqa: E501
TYPEFORM = """#,What did you like most?,What did you like least?,How would you rate us?,Where do you live?,Response Type,Start Date (UTC),Stage Date (UTC),Submit Date (UTC),Network ID,Tags
abc123,The lid is a joy to use,The price was too high for me,4,Leeds,completed,2026-11-20 09:00:00,,2026-11-20 09:02:00,deadbeef,
def456,,It leaks on the first day,1,Leeds,completed,2026-11-20 10:00:00,,2026-11-20 10:02:00,deadbeef,
"""  # noqa: E501


def test_a_surveymonkey_export_is_understood() -> None:
    steps = read(SURVEYMONKEY)
    first, second, third = steps
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert (first.id, first.text, first.rating, first.rating_max) == ("118001", "Longer flex, please.", 9.0, 10.0)
    assert first.published == datetime(2026, 11, 20, 9, 3, tzinfo=UTC)
    assert first.kind == "survey"
    assert (second.text, second.rating) == ("", 2.0)
    assert third == Problem("line 5", "no text and no rating")
    assert "10.0.0.1" not in json.dumps(dict(first.extra))
    assert first.author == ""


def test_a_typeform_export_is_understood() -> None:
    first, second = items(TYPEFORM)
    assert first.id == "abc123"
    assert first.text == (
        "What did you like most?\nThe lid is a joy to use\n\nWhat did you like least?\nThe price was too high for me"
    )
    assert second.text == "What did you like least?\nIt leaks on the first day"
    assert (first.rating, first.kind) == (4.0, "survey")
    assert first.extra == {"Where do you live?": "Leeds"}
    assert first.published == datetime(2026, 11, 20, 9, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        '{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n',
        '[{"id": 1, "text": "a"}, {"id": 2, "text": "b"}]',
        '{"items": [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}]}',
        '{\n "items": [{"id": 1, "text": "a"},\n {"id": 2, "text": "b"}]\n}',
    ],
)
def test_json_of_several_forms_is_read(body: str) -> None:
    assert [(item.id, item.text) for item in items(body)] == [("1", "a"), ("2", "b")]


def test_a_bad_json_line_is_reported_and_the_others_read() -> None:
    steps = read('{"text": "a"}\n{"text": \n[1]\n\n{"text": "b"}\n')
    assert [step.text for step in steps if isinstance(step, Item)] == ["a", "b"]
    assert [step.where for step in steps if isinstance(step, Problem)] == ["line 2", "line 3"]


def test_what_was_exported_as_json_lines_can_be_imported() -> None:
    line = {
        "id": "m1", "url": "https://a.example/", "title": "T", "text": "Hello", "author": "Jo",
        "published": "2026-11-20T00:00:00Z", "source": "blog", "rating": 3, "lang": "en", "brands": ["x"], "scores": {},
    }  # fmt: skip
    (item,) = items(json.dumps(line))
    assert (item.id, item.url, item.title, item.text, item.author, item.rating, item.lang) == (
        "m1", "https://a.example/", "T", "Hello", "Jo", 3.0, "en",
    )  # fmt: skip


def test_the_dry_run_shows_how_the_file_is_understood() -> None:
    body = (
        "Comment,Stars,E-Mail,Shop\n" + "".join(f"text {at},4,a@b.example,Leeds\n" for at in range(30)) + ",,,\n,,,x\n"
    )
    shown = table.preview(body.encode(), table.Config(path="x"), rows=20)
    assert shown.columns == {"text": "Comment", "rating": "Stars"}
    assert (shown.unused, shown.dropped) == (("Shop",), ("E-Mail",))
    assert (shown.form, shown.mention, shown.rating_max, shown.rows) == ("csv", "survey", 5.0, 31)
    assert len(shown.items) == 20
    assert [problem.where for problem in shown.problems] == ["line 33"]


def test_the_dry_run_tells_of_rows_without_a_date_and_where_one_seems_to_be() -> None:
    body = b"Comment,Number,Logged\ngood stuff here,20261120,2026-11-20\nbad stuff here,20261121,20 Nov 2026 10:00\n"
    shown = table.preview(body, table.Config(path="x"))
    assert (shown.undated, shown.dates_in) == (2, "Logged")
    named = table.preview(body, table.Config(path="x", columns={"published": "Logged"}))
    assert (named.undated, named.dates_in) == (0, "")
    assert table.preview(b"Comment,Shop\na b c,Leeds\n", table.Config(path="x")).dates_in == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "an image"),
        (b"PK\x03\x04" + bytes(200), "save its sheet as CSV"),
        (bytes(range(256)) * 20, "not text"),
        (b"text,rating\n" + bytes(5000), "not text"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(BadShape, match=words):
        read(body)


def test_a_stray_control_character_costs_nothing() -> None:
    rows = "".join(f"comment number {at},4\n" for at in range(20))
    assert len(items(f"comment,rating\nwith a \0 in it,4\n{rows}")) == 21


@pytest.mark.parametrize("body", [b"", b"  \n ", b"\xef\xbb\xbf", b"[", b'{"a"', b"\x00\x00"])
def test_a_file_that_is_none_is_a_bad_shape(body: bytes) -> None:
    with pytest.raises(BadShape):
        read(body)


PRINTED = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)


@given(st.lists(st.lists(PRINTED, min_size=2, max_size=2), max_size=6))
def test_no_cell_whatever_it_holds_is_an_error(rows: list[list[str]]) -> None:
    body = "comment,rating\n" + "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    for step in read(body.encode("utf-8", errors="replace")):
        assert isinstance(step, Item | Problem)


def test_no_column_tells_how_to_reach_somebody_whatever_its_name() -> None:
    columns = {
        "Phone": "+49 170 123 45 67", "Handy": "0170 9", "Tel.": "030 1", "Vorname": "Jo", "Last Name": "Doe",
        "Straße": "Street 1", "Date of birth": "1990-01-01", "Contact": "jo@x.example", "From where": "10.1.2.3",
        "Was": "+4917012345", "What do you think?": "Great kettle it is", "How handy is it?": "very",
    }  # fmt: skip
    body = ",".join(columns) + "\n" + ",".join(columns.values())
    (item,) = table.items_in(body.encode(), table.Config(path="x.csv"))
    assert isinstance(item, Item)
    assert item.text == "Great kettle it is"
    assert item.extra == {"How handy is it?": "very"}


def test_times_and_versions_are_no_addresses() -> None:
    body = b"text,took,version,ratio\nthe kettle is good,10:22:05,1.2.3,16:9\n"
    (item,) = table.items_in(body, table.Config(path="x.csv"))
    assert isinstance(item, Item)
    assert item.extra.keys() == {"took", "version", "ratio"}
