"""Which column or key means what: the names that exports and senders use for text, author, date, rating and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from sources.base import RatingKind

Field = Literal["id", "url", "title", "text", "author", "published", "rating", "lang", "rating_max", "kind"]
FIELDS: tuple[Field, ...] = get_args(Field)

_NAMES: dict[Field, str] = {
    "text": (
        "text, comment, comments, feedback, review, body, content, message, review text, review body, review content, "
        "answer, open ended response, verbatim, description, tweet, post, full text, opinion, customer comment, remarks, "
        "kommentar, bewertungstext, rezension, nachricht, commentaire, avis, comentario, comentarios, reseña, opinión, "
        "comentário, avaliação, commento, recensione, opmerking, reactie, beoordeling, komentarz, opinia, yorum, отзыв, "
        "комментарий, текст, コメント, レビュー, 本文, 评论, 内容, 评价, 댓글, 리뷰, تعليق, متن"
    ),
    "title": (
        "title, subject, headline, summary, review title, heading, betreff, titel, überschrift, titre, sujet, título, "
        "asunto, assunto, titolo, oggetto, onderwerp, tytuł, başlık, заголовок, тема, タイトル, 标题, 제목, عنوان"
    ),
    "author": (
        "author, name, user, username, user name, reviewer, reviewer name, customer, customer name, full name, handle, "
        "screen name, from, nickname, by, display name, autor, benutzer, kunde, verfasser, auteur, nom, utilisateur, "
        "nombre, usuario, cliente, nome, usuário, utente, autore, naam, gebruiker, klant, użytkownik, yazar, автор, имя, "
        "名前, 投稿者, 作者, 用户, 작성자, كاتب"
    ),
    "published": (
        "date, created, created at, submitted, submitted at, published, published at, timestamp, time, datetime, "
        "date created, review date, submit date, submit date (utc), submission date, posted, posted at, date posted, "
        "completed, completed at, end date, response date, datum, erstellt, erstellt am, zeit, zeitpunkt, fecha, data, "
        "date de création, quand, creado, criado em, data de criação, datum en tijd, data utworzenia, tarih, дата, 日付, "
        "日期, 时间, 날짜, تاريخ"
    ),
    "rating": (
        "rating, score, stars, nps, star rating, star, nps score, satisfaction, csat, grade, rate, review rating, "
        "points, note, bewertung, sterne, punkte, wertung, étoiles, nota, puntuación, estrellas, calificación, "
        "classificação, estrelas, valutazione, stelle, voto, cijfer, sterren, ocena, puan, оценка, рейтинг, 評価, 评分, "
        "星级, 평점"
    ),
    "url": "url, link, permalink, href, source url, review url, web url, adresse, lien, enlace, liga, ссылка, 链接, 링크",
    "id": (
        "id, external id, externalid, uuid, guid, review id, response id, respondent id, ticket id, comment id, key, "
        "submission id, record id, message id, kennung, identifiant, identificador, identificativo"
    ),
    "lang": "lang, language, locale, sprache, langue, idioma, lingua, taal, język, язык, 言語, 语言, 언어",
    "rating_max": "rating max, max rating, best rating, scale, out of, of",
    "kind": "kind, mention, type",
}
_ORDER: dict[Field, dict[str, int]] = {}
PERSONAL = re.compile(
    r"\be ?mail\b|\bip( address)?\b|\bphone\b|\bmobile\b|\baddress\b|\bcourriel\b|\bcorreo\b|\btelefon|\btéléphone\b|\bnetwork id\b"
)
_SCORE_NAMES = re.compile(r"\bnps\b|likely .*recommend|how likely|weiterempfehl|recommander|recomendar")
_SCALED = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*(?:/|out of|of|von|sur|de|di|van)\s*(\d+(?:[.,]\d+)?)", re.IGNORECASE)
_NUMBER = re.compile(
    r"(-?\d+(?:[.,]\d+)?)\s*(?:stars?|points?|sterne|étoiles|estrellas|%|\*|★)?\s*(?:[-–:(].*)?\Z", re.IGNORECASE
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


class Rating(NamedTuple):
    """A rating with its scale."""

    value: float
    best: float
    kind: RatingKind


def plain_name(name: str) -> str:
    """A column's name for comparison: small letters, one blank between words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[\W_]+", " ", spaced.casefold()).split())


for _field, _names in _NAMES.items():
    _ORDER[_field] = {plain_name(name): place for place, name in enumerate(_names.split(","))}


def guess(names: Sequence[str]) -> dict[Field, int]:
    """Field → index of the column that most probably holds it, by its name. A column serves one field only."""
    plain = [plain_name(name) for name in names]
    taken: dict[Field, int] = {}
    for field in ("text", "id", "title", "published", "rating", "author", "url", "lang", "rating_max", "kind"):
        known = _ORDER[field]
        ranked = sorted(
            (known[name], at) for at, name in enumerate(plain) if name in known and at not in taken.values()
        )
        if ranked:
            taken[field] = ranked[0][1]
    if "rating" not in taken:
        scores = (at for at, name in enumerate(plain) if _SCORE_NAMES.search(name) and at not in taken.values())
        if (at := next(scores, None)) is not None:
            taken["rating"] = at
    return taken


def fields_of(record: Mapping[str, object]) -> dict[Field, object]:
    """The known fields of one record with keys of whatever spelling."""
    keys = list(record)
    found = guess(keys)
    return {field: record[keys[at]] for field, at in found.items() if record[keys[at]] not in (None, "")}


def is_personal(name: str) -> bool:
    """True for a column that says how to reach a person (e-mail, phone, IP address): it is not taken."""
    return bool(PERSONAL.search(plain_name(name)))


def rating_of(value: object, best: float | None = None, name: str = "") -> Rating | None:
    """The rating in "4", "4,5", "4/5", "4 out of 5", "★★★★☆" or 4. Without a stated scale: `best`, else the name
    (NPS is of 10), else the smallest usual scale (5, 10, 100) that holds it. None for what is no rating."""
    number, stated = _number_and_scale(value)
    if number is None or not -1e6 < number < 1e6:
        return None
    top = stated or best or (10.0 if _SCORE_NAMES.search(plain_name(name)) else scale_for([number]))
    return Rating(number, top, "stars" if top == 5 else "score") if 0 <= number <= top else None


def scale_for(numbers: Iterable[float]) -> float:
    """The smallest usual scale that holds them all."""
    highest = max(numbers, default=0.0)
    return next((top for top in (5.0, 10.0, 100.0) if highest <= top), highest)


def _number_and_scale(value: object) -> tuple[float | None, float | None]:
    if isinstance(value, bool) or value is None:
        return None, None
    if isinstance(value, int | float):
        return (float(value), None) if abs(value) < 1e6 else (None, None)
    text = str(value).strip()[:100]
    if stars := text.count("★") or text.count("⭐"):
        return float(stars), 5.0
    if scaled := _SCALED.match(text):
        return _decimal(scaled[1]), _decimal(scaled[2]) or None
    if number := _NUMBER.match(text):
        return _decimal(number[1]), None
    return (float(_WORDS[text.lower()]), 5.0) if text.lower() in _WORDS else (None, None)


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))
