"""A corpus as files: one with all of it, and for each size that is measured what comes next, in pieces."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import BinaryIO

import orjson

from bench.corpus import SEED, Record
from bench.corpus.people import CONTACTS
from bench.corpus.talk import Said, Talk

SAMPLE = 200  # about so many ids are kept
TYPICAL_RANK = 20  # the chat with the 21st most messages
COMMON_RANK, SECOND_RANK, RARE_RANK = 9, 19, 14_999


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a corpus: what to ask for, and how much there is of it."""

    messages: int
    receipts: int
    contacts: int
    chats: int
    busiest_chat: str
    busiest_chat_messages: int
    typical_chat: str
    typical_chat_messages: int
    most_frequent_word: str  # in two of three messages
    common_word: str  # in one of six
    rare_word: str
    two_words: str
    sample_ids: list[str]


class Tally:
    """Counts what is said, for the facts of a corpus of a certain size."""

    def __init__(self, size: int, talk: Talk) -> None:
        self.size = size
        self._every = max(1, size // SAMPLE)
        self._talk = talk
        self._messages = self._receipts = 0
        self._by_chat = Counter(dict.fromkeys((one.chat["jid"] for one in talk.world.conversations), 0))
        self._sample: list[str] = []

    def note(self, said: Said) -> None:
        if self._messages % self._every == 0:
            self._sample.append(said.message["id"])
        self._messages += 1
        self._receipts += len(said.receipts)
        self._by_chat[said.message["chat"]] += 1

    def facts(self) -> Facts:
        words = self._talk.words
        ranking = self._by_chat.most_common()
        (busiest, most), (typical, some) = ranking[0], ranking[TYPICAL_RANK]
        return Facts(
            messages=self._messages,
            receipts=self._receipts,
            contacts=CONTACTS,
            chats=len(ranking),
            busiest_chat=busiest,
            busiest_chat_messages=most,
            typical_chat=typical,
            typical_chat_messages=some,
            most_frequent_word=words[0],
            common_word=words[COMMON_RANK],
            rare_word=words[RARE_RANK],
            two_words=f"{words[COMMON_RANK]} {words[SECOND_RANK]}",
            sample_ids=self._sample,
        )


@dataclass(frozen=True, slots=True)
class Corpus:
    """`path` has as many messages as the largest size; `facts` are of each size's beginning of it, and
    `pieces` are the files with what comes after that beginning."""

    path: Path
    facts: dict[int, Facts]
    pieces: dict[int, list[Path]]


def prepare(folder: Path, sizes: Sequence[int], pieces: Sequence[int], seed: int = SEED) -> Corpus:
    """The corpus in that folder, written unless it is there already. `sizes` and `pieces` are numbers of
    messages."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(
        folder / "corpus.jsonl",
        {},
        {size: [folder / f"after-{size}-{number}.jsonl" for number in range(len(pieces))] for size in sizes},
    )
    about = folder / "corpus.json"
    wanted = {"seed": seed, "sizes": sorted(sizes), "pieces": list(pieces)}
    if about.exists() and (known := orjson.loads(about.read_bytes()))["wanted"] == wanted:
        corpus.facts.update({int(size): Facts(**facts) for size, facts in known["facts"].items()})
        return corpus
    about.unlink(missing_ok=True)
    corpus.facts.update(write(corpus, pieces, seed))
    facts = {str(size): asdict(one) for size, one in corpus.facts.items()}
    about.write_bytes(orjson.dumps({"wanted": wanted, "facts": facts}, option=orjson.OPT_INDENT_2))
    return corpus


def write(corpus: Corpus, pieces: Sequence[int], seed: int) -> dict[int, Facts]:
    """Thinks the conversations up, once for all files. Returns the facts of each size."""
    sizes = sorted(corpus.pieces)
    talk = Talk(seed)
    tallies = [Tally(size, talk) for size in sizes]
    with ExitStack() as stack:
        whole = stack.enter_context(corpus.path.open("wb"))
        parts = [
            (range(begin, begin + count), stack.enter_context(path.open("wb")))
            for size in sizes
            for path, begin, count in zip(
                corpus.pieces[size], accumulate(pieces, initial=size), pieces, strict=False
            )
        ]
        put(whole, talk.world.records())
        for number, said in enumerate(islice(talk.messages(), sizes[-1] + sum(pieces))):
            records = (said.message, *said.receipts)
            if number < sizes[-1]:
                put(whole, records)
            for numbers, part in parts:
                if number in numbers:
                    put(part, records)
            for tally in tallies:
                if number < tally.size:
                    tally.note(said)
    return {tally.size: tally.facts() for tally in tallies}


def put(file: BinaryIO, records: Iterable[Record]) -> None:
    file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
