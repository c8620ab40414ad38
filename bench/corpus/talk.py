"""What people write, one message about every half minute, for ever."""

import bisect
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.corpus import SEED, Record
from bench.corpus.people import OWNER, START, Conversation, World, world
from bench.corpus.vocabulary import WORDS, vocabulary, zipf

STEP = 30  # seconds from one message to the next, on average
REMEMBERED = 20  # newest messages of a chat, which may be quoted and reacted to
RECEIVERS = 3  # members of a group whose receipts come

EMOJIS = ("👍", "❤️", "😂", "😮", "😢", "🙏", "🔥")

OF_OWN, REACTIONS, FILES = 0.3, 0.05, 0.20  # the shares, the last with that of reactions below it
CAPTIONS, QUOTES, FORWARDED, SEEN = 0.3, 0.15, 0.03, 0.7
KINDS_OF_FILES = ((0.50, "image"), (0.72, "audio"), (0.84, "video"), (0.92, "document"), (1.0, "sticker"))


class Remembered(NamedTuple):
    message_id: str
    from_me: bool
    sender: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and the receipts that follow it."""

    message: Record
    receipts: list[Record]


class Talk:
    """The conversations of a corpus. `messages` may be asked for once."""

    def __init__(self, seed: int = SEED) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # nosec B311  # no secret: the same seed has to invent the same corpus again
        self.words = vocabulary(self._chance)
        self._weights = zipf(WORDS)
        self.world: World = world(self._chance, self.words)
        conversations = self.world.conversations
        self._popularity = zipf(len(conversations))
        self._remembered: dict[str, deque[Remembered]] = {
            one.chat["jid"]: deque(maxlen=REMEMBERED) for one in conversations
        }

    def messages(self) -> Iterator[Said]:
        """Without an end."""
        number = 0
        while True:
            yield self._next(START + number * STEP)
            number += 1

    def _next(self, second: int) -> Said:
        chance = self._chance
        second += chance.randrange(STEP)
        place = bisect.bisect(self._popularity, chance.random() * self._popularity[-1])
        conversation = self.world.conversations[place]
        from_me = chance.random() < OF_OWN
        person = chance.choice(conversation.people)
        remembered = self._remembered[conversation.chat["jid"]]
        message: Record = {
            "t": "message",
            "id": f"{'3EB0' if from_me else '3A'}{chance.getrandbits(72):018X}",
            "chat": conversation.chat["jid"],
            "chat_lid": conversation.chat["lid"],
            "from_me": from_me,
            "sender": None if from_me else person["jid"],
            "push_name": None if from_me else person["push_name"],
            "ts": second,
            "kind": "text",
            "text": None,
            "quoted": None,
            "forwarded": False,
            "media": None,
            "reaction": None,
        }
        share = chance.random()
        if share < REACTIONS and remembered:
            message |= {"kind": "reaction", "reaction": self._reaction(remembered)}
            return Said(message, [])
        if REACTIONS <= share < FILES:
            message |= self._file()
        else:
            message |= self._text(remembered)
        remembered.append(Remembered(message["id"], from_me, message["sender"], message["text"]))
        return Said(message, self._receipts(message, conversation) if from_me else [])

    def _words(self, least: int, most: int) -> str:
        count = self._chance.randint(least, most)
        return " ".join(self._chance.choices(self.words, cum_weights=self._weights, k=count))

    def _reaction(self, remembered: deque[Remembered]) -> dict[str, Any]:
        target = self._chance.choice(remembered)
        return {
            "emoji": self._chance.choice(EMOJIS),
            "target_id": target.message_id,
            "target_from_me": target.from_me,
            "target_sender": target.sender,
        }

    def _text(self, remembered: deque[Remembered]) -> Record:
        said: Record = {"text": self._words(5, 40)}
        if remembered and self._chance.random() < QUOTES:
            target = self._chance.choice(remembered)
            said["quoted"] = {"id": target.message_id, "sender": target.sender or OWNER, "text": target.text}
        return said | {"forwarded": self._chance.random() < FORWARDED}

    def _file(self) -> Record:
        share = self._chance.random()
        kind = next(kind for limit, kind in KINDS_OF_FILES if share < limit)
        said: Record = {"kind": kind, "media": self._media(kind)}
        if kind in ("image", "video") and self._chance.random() < CAPTIONS:
            said["text"] = self._words(3, 12)
        return said

    def _media(self, kind: str) -> dict[str, Any]:
        """What is known of a file; `size` in bytes. Each is drawn in a fixed order, or the corpus changes."""
        chance = self._chance
        media: dict[str, Any] = {
            "mime": MIME_TYPES[kind],
            "size": chance.randint(*SIZES[kind]),
            "filename": None,
            "seconds": None,
            "width": None,
            "height": None,
            "thumb_bytes": 0,
        }
        if kind == "image":
            media["width"] = chance.choice((720, 1080, 1600))
            media["height"] = chance.choice((1280, 1440, 2048))
        elif kind == "audio":
            media["seconds"] = chance.randint(1, 90)
        elif kind == "video":
            media |= {"seconds": chance.randint(3, 180), "width": 848, "height": 480}
        elif kind == "document":
            media["filename"] = f"{chance.choice(self.words)}.pdf"
        else:
            media |= {"width": 512, "height": 512}
        if kind in ("image", "video"):
            media["thumb_bytes"] = chance.randint(500, 1100)
        return media

    def _receipts(self, message: Record, conversation: Conversation) -> list[Record]:
        receipts = []
        for person in conversation.people[:RECEIVERS]:
            about = {"message_id": message["id"], "chat": message["chat"], "user": person["jid"]}
            receipts.append({"t": "receipt", **about, "status": "delivered", "ts": message["ts"] + 1})
            if self._chance.random() < SEEN:
                second = message["ts"] + self._chance.randint(2, 600)
                receipts.append({"t": "receipt", **about, "status": "read", "ts": second})
        return receipts


MIME_TYPES = {
    "image": "image/jpeg",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}
SIZES = {  # bytes
    "image": (30_000, 400_000),
    "audio": (4_000, 200_000),
    "video": (300_000, 16_000_000),
    "document": (20_000, 5_000_000),
    "sticker": (8_000, 60_000),
}
