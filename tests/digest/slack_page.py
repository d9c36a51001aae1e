"""A Slack message as a page of our own, from its blocks: to look at it, and to take its picture for the documents.
Only what we send is drawn; anything else is an error.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

STYLE = """
body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.46668 Lato, "Helvetica Neue", Arial, sans-serif; }
main { width: 640px; padding: 18px 24px 22px; } .message { display: grid; grid-template-columns: 36px 1fr; gap: 0 10px; }
.face { width: 36px; height: 36px; border-radius: 8px; background: #b3441c; color: #fff; font: 700 19px/36px Georgia, serif; text-align: center; }
.who b { font-weight: 900; } .who span { font-size: 11px; color: #616061; background: #eee; border-radius: 3px; padding: 0 4px; margin: 0 6px; } .who i { font: 12px Lato, sans-serif; color: #616061; }
h3 { font-size: 18px; margin: 4px 0 6px; } section, ul, ol { margin: 0; white-space: pre-wrap; } ul, ol { padding-left: 28px; } li { margin: 2px 0; } ol > li { margin-bottom: 7px; }
blockquote { margin: 3px 0; padding-left: 14px; border-left: 4px solid #ddd; white-space: pre-wrap; } a { color: #1264a3; text-decoration: none; }
.context { font-size: 13px; color: #616061; margin: 6px 0; } hr { border: 0; border-top: 1px solid #e8e8e8; margin: 10px 0; }
.thread { margin: 14px 0 8px; padding-left: 46px; font-size: 13px; color: #616061; } img { display: block; width: 480px; margin: 8px 0; padding: 10px; border: 1px solid #e8e8e8; border-radius: 8px; }
.block { margin: 4px 0; }
"""  # noqa: E501


def page(messages: Sequence[Sequence[Mapping[str, Any]]], picture: bytes = b"", name: str = "overheard") -> str:
    """The first message, and the others as its thread; the picture under them."""
    said = []
    for index, blocks in enumerate(messages):
        if index == 1:
            said.append('<p class="thread">Thread</p>')
        drawn = "".join(f'<div class="block">{block(one)}</div>' for one in blocks)
        if picture and index == len(messages) - 1:
            drawn += f'<img alt="" src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        who = f'<p class="who" style="margin:0"><b>{escape(name)}</b><span>APP</span><i>8:00</i></p>'
        said.append(f'<div class="message"><div class="face">o</div><div>{who}{drawn}</div></div>')
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><main>{''.join(said)}</main>"


def block(one: Mapping[str, Any]) -> str:
    kind = one["type"]
    if kind == "header":
        return f"<h3>{escape(one['text']['text'])}</h3>"
    if kind == "divider":
        return "<hr>"
    if kind == "context":
        return "".join(f'<p class="context">{escape(element["text"])}</p>' for element in one["elements"])
    assert kind == "rich_text", kind
    return "".join(map(rich, one["elements"]))


def rich(one: Mapping[str, Any]) -> str:
    kind = one["type"]
    if kind == "rich_text_section":
        return f"<section>{''.join(map(inline, one['elements']))}</section>"
    if kind == "rich_text_quote":
        return f"<blockquote>{''.join(map(inline, one['elements']))}</blockquote>"
    assert kind == "rich_text_list", kind
    items = "".join(f"<li>{''.join(map(inline, item['elements']))}</li>" for item in one["elements"])
    if one["style"] == "ordered":
        return f'<ol start="{one.get("offset", 0) + 1}">{items}</ol>'
    return f"<ul>{items}</ul>"


def inline(one: Mapping[str, Any]) -> str:
    words = escape(one["text"])
    for style, tag in (("bold", "b"), ("italic", "i")):
        if one.get("style", {}).get(style):
            words = f"<{tag}>{words}</{tag}>"
    if one["type"] == "link":
        return f'<a href="{escape(one["url"])}">{words}</a>'
    assert one["type"] == "text", one["type"]
    return words
