"""The corpus is always the same, or figures could not be compared."""

import hashlib
from collections import Counter
from itertools import islice
from pathlib import Path

import orjson
import pytest

from bench.corpus import Record, files
from bench.corpus.files import Corpus
from bench.corpus.talk import Talk

# Of the first thousand messages, as they have been since the original was measured.
DIGEST = "0ebb8ed2d9c0eeae14f47b241ff5f76cf8a829e39d5929f0c65779a45f913814"


def records_of(path: Path) -> list[Record]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return files.prepare(tmp_path_factory.mktemp("corpus"), [300, 1_000], [20, 30])


def test_the_bytes_are_those_that_the_original_was_measured_with(corpus: Corpus) -> None:
    assert hashlib.sha256(corpus.path.read_bytes()).hexdigest() == DIGEST


def test_another_seed_gives_other_conversations() -> None:
    first, second = (next(Talk(seed).messages()).message["id"] for seed in (7, 8))
    assert first != second


def test_a_shorter_corpus_is_the_beginning_of_a_longer_one(corpus: Corpus, tmp_path: Path) -> None:
    shorter = files.prepare(tmp_path, [300], [])
    assert corpus.path.read_bytes().startswith(shorter.path.read_bytes())
    assert corpus.facts[300] == shorter.facts[300]


def test_the_pieces_are_what_comes_next(corpus: Corpus) -> None:
    whole = [record for record in records_of(corpus.path) if record["t"] in ("message", "receipt")]
    places = [place for place, record in enumerate(whole) if record["t"] == "message"]
    first, second = (records_of(path) for path in corpus.pieces[300])
    assert first == whole[places[300] : places[320]]
    assert second == whole[places[320] : places[350]]
    after_all = [said.message for said in islice(Talk().messages(), 1_000, 1_020)]
    assert [one for one in records_of(corpus.pieces[1_000][0]) if one["t"] == "message"] == after_all


def test_the_facts_are_true(corpus: Corpus) -> None:
    records = records_of(corpus.path)
    messages = [record for record in records if record["t"] == "message"]
    facts = corpus.facts[1_000]
    assert (facts.messages, len(messages)) == (1_000, 1_000)
    assert facts.receipts == sum(record["t"] == "receipt" for record in records)
    assert (facts.contacts, facts.chats) == (500, 200)
    ((chat, count),) = Counter(message["chat"] for message in messages).most_common(1)
    assert (facts.busiest_chat, facts.busiest_chat_messages) == (chat, count)
    assert set(facts.sample_ids) <= {message["id"] for message in messages}
    assert len(facts.sample_ids) == 200
    with_word = sum(facts.most_frequent_word in (message["text"] or "").split() for message in messages)
    assert 0.5 < with_word / 1_000 < 0.75
    rarer = sum(facts.common_word in (message["text"] or "").split() for message in messages)
    assert 0.1 < rarer / 1_000 < 0.25


def test_all_kinds_of_messages_come_and_refer_to_what_was_said(corpus: Corpus) -> None:
    messages = [record for record in records_of(corpus.path) if record["t"] == "message"]
    kinds = Counter(message["kind"] for message in messages)
    assert kinds.keys() == {"text", "reaction", "image", "audio", "video", "document", "sticker"}
    known: set[tuple[str, str]] = set()
    for message in messages:
        for what in (message["quoted"] or {}).get("id"), (message["reaction"] or {}).get("target_id"):
            assert what is None or (message["chat"], what) in known
        known.add((message["chat"], message["id"]))


def test_files_that_are_there_are_not_written_again(corpus: Corpus) -> None:
    folder, before = corpus.path.parent, corpus.path.stat().st_mtime_ns
    assert files.prepare(folder, [300, 1_000], [20, 30]).facts == corpus.facts
    assert corpus.path.stat().st_mtime_ns == before
