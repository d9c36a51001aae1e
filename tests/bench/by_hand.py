"""What somebody writes by hand in an afternoon instead: feeds by feedparser, sentiment by a transformers pipeline, rows
by sqlite3, a message to Slack. It is the rival of the whole path in the bench, and runs as a process of its own.

    python by_hand.py FEEDS.txt MODEL_FOLDER DATABASE SLACK_URL
"""

import json
import re
import sqlite3
import sys
import urllib.request
from html import unescape

import feedparser
import torch
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast, pipeline
from transformers.modeling_outputs import SequenceClassifierOutput

BRANDS = {"Apple": r"\b(apple|iphone|ipad)\b", "Google": r"\b(google|android)\b"}


class MeanPooled(BertForSequenceClassification):
    """The model's head reads the mean over the tokens."""

    def forward(self, input_ids, attention_mask, **_):
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return SequenceClassifierOutput(logits=self.classifier((hidden * weight).sum(1) / weight.sum(1)))


def read(url):
    """The entries of one feed as (id, title, text, link, date)."""
    for entry in feedparser.parse(url).entries:
        written = max([entry.get("summary", ""), *(one["value"] for one in entry.get("content", []))], key=len)
        text = " ".join(unescape(re.sub(r"<[^>]+>", " ", written)).split())
        title = entry.get("title", "")
        yield entry.get("id") or entry.get("link") or title, title, text, entry.get("link"), entry.get("published")


def mentions(urls):
    """Every entry that names a brand, with the brand."""
    for url in urls:
        for key, title, text, link, published in read(url):
            for brand, pattern in BRANDS.items():
                if re.search(pattern, f"{title} {text}", re.IGNORECASE):
                    yield f"{url} {key}", brand, title, text, link, published


def tell(slack_url, rows):
    """One message with the counts of each brand."""
    lines = []
    for brand in BRANDS:
        labels = [label for _, about, *_, label, _ in rows if about == brand]
        counts = ", ".join(f"{labels.count(label)} {label}" for label in sorted(set(labels)))
        lines.append(f"*{brand}*: {len(labels)} mentions ({counts})")
    body = json.dumps({"text": "\n".join(lines)}).encode()
    urllib.request.urlopen(urllib.request.Request(slack_url, body, {"Content-Type": "application/json"})).read()


def main(feeds, model_folder, database, slack_url):
    with open(feeds, encoding="utf-8") as file:
        urls = file.read().split()
    model = MeanPooled.from_pretrained(model_folder)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(model_folder)
    judge = pipeline("sentiment-analysis", model=model, tokenizer=tokenizer, device="cpu", dtype=torch.float32)
    connection = sqlite3.connect(database)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS mention (id, brand, title, text, link, published, sentiment, score,"
        " PRIMARY KEY (id, brand))"
    )
    rows = []
    for mention in mentions(urls):
        said = judge(f"{mention[2]}\n{mention[3]}", truncation=True)[0]
        rows.append((*mention, said["label"], said["score"]))
        connection.execute("INSERT OR IGNORE INTO mention VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows[-1])
        connection.commit()
    tell(slack_url, rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
