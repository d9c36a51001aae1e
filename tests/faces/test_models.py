"""`overheard models` as people use it: what it shows, writes and refuses."""

from __future__ import annotations

import json
import shutil

import pytest

from models.weights import SHIPPED

LINES = [
    {"text": "I love it, wonderful", "label": "positive", "lang": "english"},
    {"text": "Absolutely awful, I hate it", "label": "negative", "lang": "english"},
    {"text": "The meeting is on Tuesday", "label": "neutral", "lang": "english"},
]


@pytest.fixture
def gold(folder):
    """A file of three right answers and a bad line."""
    text = "\n".join([*map(json.dumps, LINES), "{broken"])
    (folder / "gold.jsonl").write_text(text)
    return "gold.jsonl"


def test_list_shows_encoders_heads_and_what_is_used(run, folder):
    shown = run("models", "list")
    assert shown.returncode == 0, shown.stderr
    for word in ("english", "all-MiniLM-L6-v2", "Apache-2.0", "brand_sentiment", "churn", "no configuration here"):
        assert word in shown.stdout, word
    (folder / "config.toml").write_text(
        '[[brand]]\nname = "Acme"\n[scoring]\nencoder = "english"\n[scoring.models]\nsentiment = "acme/mood"\n'
    )
    used = run("models", "list").stdout
    assert "the english encoder, always" in used
    assert "sentiment is judged by acme/mood" in used


def test_list_as_json_can_be_read_by_programs(run):
    english = json.loads(run("models", "list", "--json").stdout)[0]
    assert english["name"] == "english"
    assert english["heads"]["sentiment"] == ["negative", "neutral", "positive"]


def test_verify_says_of_each_file_whether_it_is_the_shipped_one(run, folder):
    shutil.copytree(SHIPPED / "english", folder / "copy")
    good = run("models", "verify", "copy")
    assert good.returncode == 0, good.stdout
    assert good.stdout.count("ok ") == 4
    with (folder / "copy" / "heads.npz").open("ab") as heads:
        heads.write(b"!")
    (folder / "copy" / "tokenizer.json").unlink()
    bad = run("models", "verify", "copy")
    assert bad.returncode == 1
    assert "heads.npz is not the file that was shipped" in bad.stdout
    assert "tokenizer.json cannot be read" in bad.stdout
    assert "2 files wrong" in bad.stdout


def test_verify_of_a_folder_without_weights_ends_with_1(run, folder):
    (folder / "empty").mkdir()
    done = run("models", "verify", "empty")
    assert done.returncode == 1
    assert "manifest.json" in done.stdout


def test_eval_measures_and_names_what_it_could_not_use(run, folder, gold):
    done = run("models", "eval", gold, "--encoder", "english", "--json", "out.json", "--card", "pictures")
    assert done.returncode == 0, done.stderr
    assert "3 lines of gold.jsonl, asked of english" in done.stdout
    assert "gold.jsonl:4: the line is not JSON" in done.stdout
    report = json.loads((folder / "out.json").read_text())
    assert report["heads"]["sentiment"]["all"]["accuracy"] == 100.0
    assert (folder / "pictures" / "sentiment.svg").read_text().startswith("<svg")


def test_eval_refuses_with_a_sentence_what_it_cannot_measure(run, folder, gold):
    assert "There is no file nowhere.jsonl" in run("models", "eval", "nowhere.jsonl").stderr
    (folder / "stars.jsonl").write_text('{"text": "fine", "label": 1}\n{"text": "awful", "label": 0}')
    refused = run("models", "eval", "stars.jsonl")
    assert refused.returncode == 2
    assert "--labels 0=negative,1=positive" in refused.stderr
    meant = run("models", "eval", "stars.jsonl", "--labels", "0=negative,1=positive", "--encoder", "english")
    assert meant.returncode == 0, meant.stderr
    no_head = run("models", "eval", gold, "--head", "emotion", "--encoder", "english")
    assert no_head.returncode == 2
    assert "answers for sentiment" in no_head.stderr


def test_eval_of_weights_that_are_damaged_or_unknown_ends_with_1(run, folder, gold):
    shutil.copytree(SHIPPED / "english", folder / "copy")
    (folder / "copy" / "heads.npz").write_bytes(b"")
    damaged = run("models", "eval", gold, "--encoder", "copy")
    assert damaged.returncode == 1
    assert "heads.npz" in damaged.stderr
    unknown = run("models", "eval", gold, "--encoder", "./nothing-here")
    assert unknown.returncode == 1
    assert "nothing-here" in unknown.stderr


def test_compare_tells_that_a_model_is_as_good_as_itself(run, gold):
    done = run("models", "compare", "english", str(SHIPPED / "english"), gold)
    assert done.returncode == 0, done.stderr
    assert "right and wrong on the same rows" in done.stdout


def test_train_prints_every_step_of_the_recipe(run):
    done = run("models", "train", "english", "--data", "D", "--base", "B", "--out", "O", "--space", "M", "--print")
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first == "python -m models.train.multitask english --base B --data D --out O --space M"
    told = "\n".join(rest)
    for step in ("models.train.export english --base B", "--space M", "models.train.card --data D", "models verify"):
        assert step in told, step


def test_train_refuses_an_unknown_recipe_and_says_what_is_missing(run):
    unknown = run("models", "train", "french", "--data", "D", "--base", "B", "--out", "O")
    assert unknown.returncode == 2
    assert "english, multilingual" in unknown.stderr
    done = run("models", "train", "english", "--data", "D", "--base", "B", "--out", "O")
    assert done.returncode == 2
    assert 'pip install "overheard[train]"' in done.stderr or "There is no folder D" in done.stderr


def test_a_model_that_cannot_be_loaded_leaves_mentions_unscored_and_the_doctor_says_why(run, folder):
    (folder / "config.toml").write_text('[[brand]]\nname = "Acme"\n[scoring.models]\nsentiment = "./nothing-here"\n')
    (folder / "rows.jsonl").write_text('{"id": "1", "text": "Acme is lovely", "published": "2026-11-20T10:00:00Z"}')
    done = run("import", "rows.jsonl")
    assert done.returncode == 0, done.stderr
    assert "1 new" in done.stdout
    assert "Not scored: " in done.stdout
    assert "nothing-here" in done.stdout
    examined = run("doctor")
    assert examined.returncode == 1
    assert "[scoring.models]" in examined.stdout
