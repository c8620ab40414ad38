"""What has to be true after each fault, looked at from outside: by the API, and by what people have."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import orjson

from tests.faults.people import Deed
from tests.faults.program import SENDING, Act

if TYPE_CHECKING:
    from tests.faults.nobody_misses.listener import Listener
    from tests.faults.nobody_misses.machines import Machines
    from tests.whatsapp.webhooks.receiver import Receiver
    from whatsapp.simulator.person import Person

UPSERT = "wa.messages.upsert"
REACHED = ("sent", "delivered", "read", "played")
IN_LIBRARY = 100  # events that the library holds in memory, as the README says


@dataclass
class Truth:
    """About what happened since the event `first` and the moment `began`. `killed_at` is when the session was
    last killed with -9, of `kills` times: what the library held in memory then is beyond anyone's reach."""

    machines: Machines
    people: list[Person]
    listener: Listener
    receiver: Receiver
    webhooks: dict[str, str]  # path → id
    first: int
    began: float
    deeds: list[Deed]
    acts: list[Act]
    dropped: set[str] = field(default_factory=set)  # messages that a person's library took for known ones
    kills: int = 0
    killed_at: float = 0.0
    wrong: list[str] = field(default_factory=list)
    stored: int = 0
    unknown: int = 0
    deliveries: int = 0
    lost: int = 0

    def look(self) -> None:
        """Writes down in `wrong` what isn't so."""
        self.log = list(self.machines.pages(f"/api/stats/events?order=asc&since_id={self.first - 1}"))
        self.newest = self.machines.newest()
        rows = list(self.machines.pages(f"/api/messages?order=asc&after={int(self.began) - 60}"))
        self.times_stored = Counter(row["id"] for row in rows)
        self.rows = {row["id"]: row for row in rows}
        self._nothing_is_stored_twice()
        self._what_people_did_is_known()
        self._the_log_has_no_gap()
        self._the_listener_heard_it()
        self._acts_have_a_true_end()
        self._files_are_there()
        for path, webhook in self.webhooks.items():
            self._events_were_delivered(path, webhook)

    def check(self, is_so: bool, sentence: str) -> None:
        if not is_so:
            self.wrong.append(sentence)

    # What people did

    def _nothing_is_stored_twice(self) -> None:
        twice = [key for key, count in self.times_stored.items() if count > 1]
        self.check(not twice, f"stored twice: {twice}")
        told = Counter(self._told())
        twice = [key for key, count in told.items() if count > 1]
        self.check(not twice, f"told of twice: {twice}")
        ours = {deed.id for deed in self.deeds if deed.kind in ("text", "image")}
        untold = [key for key in ours if key in self.rows and not told[key]]
        self.check(not untold, f"stored and not told of: {untold}")

    def _told(self) -> Iterator[str]:
        for row in self.log:
            if row["event_type"] == UPSERT:
                for message in orjson.loads(row["payload"])["messages"]:
                    yield message["key"]["id"]

    def _what_people_did_is_known(self) -> None:
        gone = [deed for deed in self.deeds if not self._knows(deed)]
        held = [deed for deed in gone if deed.at <= self.killed_at]
        self.stored, self.lost = len(self.deeds) - len(gone), len(gone)
        never = [f"{deed.kind} {deed.id} {deed.text} about {deed.about}" for deed in gone if deed not in held]
        self.check(not never, f"lost: {never}")
        self.check(len(held) <= IN_LIBRARY * self.kills, f"more lost than the library holds: {len(held)}")
        last = {
            deed.about or deed.id: deed
            for deed in self.deeds
            if deed.kind in ("text", "edit") and deed not in gone
        }
        stale = [
            f"{key}: {self.rows[key]['body']!r} and not {deed.text!r}"
            for key, deed in last.items()
            if key in self.rows and self.rows[key]["body"] != deed.text
        ]
        self.check(not stale, f"not the latest text: {stale}")

    def _knows(self, deed: Deed) -> bool:
        row = self.rows.get(deed.about if deed.kind in ("edit", "deletion") else deed.id)
        if row is None:
            return False
        if deed.kind == "edit":
            return deed.text in (row["body"], *(edit["body"] for edit in row["edits"]))
        if deed.kind == "deletion":
            return bool(row["is_deleted"])
        if deed.kind == "reaction":
            return bool(row["reaction_emoji"] == deed.text)
        return True

    # The log and who follows it

    def _the_log_has_no_gap(self) -> None:
        ids = [row["id"] for row in self.log]
        self.check(ids == list(range(self.first, self.newest + 1)), f"the log has gaps: {ids}")

    def _the_listener_heard_it(self) -> None:
        heard = [event["id"] for event in self.listener.heard if event["id"] >= self.first]
        self.check(
            heard == [row["id"] for row in self.log], "the WebSocket's client has heard something else"
        )

    def _events_were_delivered(self, path: str, webhook: str) -> None:
        newest_first = self.machines.pages(f"/api/webhooks/deliveries?subscription_id={webhook}")
        rows = list(takewhile(lambda row: row["event_id"] >= self.first, newest_first))
        self.deliveries += len(rows)
        wanted = {row["id"] for row in self.log}
        delivered = {row["event_id"] for row in rows if row["status"] == "delivered"}
        self.check(delivered == wanted, f"{path}: not delivered: {sorted(wanted - delivered)}")
        others = [(row["event_id"], row["status"]) for row in rows if row["event_id"] not in wanted]
        self.check(
            len(rows) == len(wanted), f"{path}: {len(rows)} deliveries of {len(wanted)} events: {others}"
        )
        got = {one.event_id for one in self.receiver.at(path)}
        self.check(wanted <= got, f"{path}: the receiver has not got {sorted(wanted - got)}")

    # Acts

    def _acts_have_a_true_end(self) -> None:
        self._arrived = {person: Counter(one.id for one in person.received) for person in self.people}
        self._seen = {
            person: Counter({(one.id, one.text) for one in person.received}) for person in self.people
        }
        ids = [act.id for act in self.acts]
        oldest = min((one for one in ids if one is not None), default=0)
        newest_first = self.machines.pages("/api/actions?")  # whatever the clock said when they were made
        rows = {row["id"]: row for row in takewhile(lambda row: row["id"] >= oldest, newest_first)}
        self.check(len(ids) == len(set(ids)), "two keys had one act")
        for act in self.acts:
            if act.id is None or act.id not in rows:
                self.check(False, f"{act.kind} {act.key} was never taken: {act.refusals[-3:]}")
                continue
            self._act_is_true(act, rows[act.id])

    def _act_is_true(self, act: Act, row: dict[str, Any]) -> None:
        status, message = row["status"], row["message_id"]
        name = f"the act {row['id']} ({act.kind} {act.mark}) is {status} ({row['error']}) with {message}"
        texts = [key for key, text in self._seen[act.to] if act.mark and text == act.mark]
        self.check(len(texts) <= 1 or act.kind == "edit", f"{name}, and came as {texts}")
        if act.kind not in SENDING:
            self.check(status == "done", name)
        elif status in REACHED:
            if not self._has_arrived(act, message) and message in self.dropped:
                self.unknown += 1
                return
            self.check(self._has_arrived(act, message), f"{name}, and not there")
            if act.data:
                self._file_arrived(act, name)
        elif status == "failed":
            self.check(not texts, f"{name}, and came as {texts}")
            self.unknown += message is not None
        else:
            self.check(False, name)

    def _has_arrived(self, act: Act, message: str) -> bool:
        """Reactions and edits may be sent again, under another id, when a line was lost: they change nothing
        more."""
        if act.kind == "react":
            parts = [one.message.reactionMessage for one in act.to.received]
            return any((part.key.ID, part.text) == (act.about, act.body["emoji"]) for part in parts)
        if act.kind == "edit":
            return any(one.text == act.mark for one in act.to.received)
        return self._arrived[act.to][message] == 1

    def _file_arrived(self, act: Act, name: str) -> None:
        from whatsapp.session.library import DownloadError

        received = next(one for one in act.to.received if one.text == act.mark)
        try:
            data = act.to.api.download_any(received.message)
        except DownloadError as error:
            data = str(error).encode()
        digest = hashlib.sha256(data).digest()
        self.check(
            digest == received.message.imageMessage.fileSHA256, f"{name}, and its file is {data[:80]!r}"
        )

    # Files

    def _files_are_there(self) -> None:
        for deed in self.deeds:
            if deed.kind != "image" or deed.id not in self.rows:
                continue
            media = self.machines.call(f"/api/media/by-message/{deed.id}")
            right = ("downloaded", deed.digest)
            state = (media["download_status"], media["file_hash"])
            self.check(state == right, f"the file of {deed.id} is {state}: {media['download_error']}")
            if state == right:
                data = self.machines.hubs[0].open(f"/api/media/{media['id']}/download").content
                self.check(hashlib.sha256(data).hexdigest() == deed.digest, f"{deed.id} has another file")
