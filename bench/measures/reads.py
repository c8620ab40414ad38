"""The reads: what is asked for."""

from dataclasses import dataclass
from urllib.parse import quote

from bench.corpus.files import Facts
from bench.hubs.process import Hub

DEEP_PAGE = 100
PAGE = 50
FAR = 150  # messages from the oldest one of a chat


@dataclass(frozen=True, slots=True)
class Read:
    """`paths` are asked for in turn."""

    key: str
    title: str
    paths: list[str]


# A deep page, the first page that it is compared with, and what that comparison is called.
PAGES = (
    ("page_100", "messages", "of the first page"),
    ("chat_far", "messages_chat", "of the chat's first page"),
)


async def reads_of(hub: Hub, facts: Facts) -> list[Read]:
    """All reads of a hub with the corpus that `facts` are about."""
    busiest, typical = quote(facts.busiest_chat), quote(facts.typical_chat)

    def search(words: str) -> list[str]:
        return [f"/api/messages/search?q={quote(words)}"]

    newest = f"/api/messages?limit={PAGE}"
    of_chat = f"/api/messages?chat={busiest}&limit={PAGE}"
    deep = await cursor_of_page(hub, newest)
    far = await cursor_of_end(hub, f"/api/messages?chat={busiest}")
    return [
        Read("health", "health", ["/health"]),
        Read("messages", "messages, 50 newest", [newest]),
        Read("page_100", "messages, page 100 by cursor", [f"{newest}&cursor={deep}"]),
        Read("messages_chat", "one big chat", [of_chat]),
        Read("chat_offset", "one big chat, offset 5,000", [f"{of_chat}&offset=5000"]),
        Read("chat_far", "one big chat, near its end by cursor", [f"{of_chat}&cursor={far}"]),
        Read("chat_typical", "a typical chat", [f"/api/messages?chat={typical}&limit={PAGE}"]),
        Read("search_frequent", "search, word in 2 of 3 messages", search(facts.most_frequent_word)),
        Read("search_common", "search, word in 1 of 6", search(facts.common_word)),
        Read("search_rare", "search, rare word", search(facts.rare_word)),
        Read("search_two", "search, two words", search(facts.two_words)),
        Read("messages_stats", "message stats", ["/api/messages/stats"]),
        Read("stats", "dashboard stats", ["/api/stats"]),
        Read("chats", "chats (100)", ["/api/chats"]),
        Read("chat", "one chat + 20 messages", [f"/api/chats/{busiest}"]),
        Read("contacts", "contacts (500)", ["/api/contacts"]),
        Read("message", "one message", [f"/api/messages/{one}" for one in facts.sample_ids]),
    ]


async def cursor_of_page(hub: Hub, path: str) -> str:
    """Where page 100 begins, by going from each page to the next; the last page of a shorter list."""
    cursor = ""
    for _ in range(DEEP_PAGE - 1):
        page = await hub.call("GET", f"{path}&cursor={cursor}")
        if not page["next"]:
            break
        cursor = page["next"]
    return quote(cursor)


async def cursor_of_end(hub: Hub, path: str) -> str:
    """Where a page near the end of the list begins; half-way through a shorter list."""
    total = (await hub.call("GET", f"{path}&limit=1"))["total"]
    page = await hub.call("GET", f"{path}&limit=1&offset={total - min(FAR, total // 2)}")
    return quote(page["next"] or "")
