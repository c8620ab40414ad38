"""A line is one connection of neonize's, from connect to stop. The only module that drives its client."""

import ctypes
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from whatsapp.jids import is_lid, jid_message, jid_text, phone_number
from whatsapp.protobuf import neonize_pb2, waE2E
from whatsapp.session.library import (
    INT_TO_EVENT,
    ChatPresence,
    ChatPresenceMedia,
    DeviceProps,
    IsOnWhatsAppError,
    MediaType,
    NeonizeError,
    NewClient,
    ParticipantChange,
    Presence,
    ProxySettings,
    ReceiptType,
)

log = logging.getLogger(__name__)

DEVICE = 0  # the pseudo-event that tells who we are
QUIET_SECONDS = 0.3  # after so long without an event, all that was received has reached us
LONGEST_FLUSH = 2.0  # seconds

# The library's threads outlast a line's end by a moment, in which they may still log or tell an event. What
# they call belongs to the client, and calling what Python has forgotten ends the process.
_clients_of_late: deque[NewClient] = deque(maxlen=16)
# What whatsmeow says when the line was not there, or went, before the message could go out.
NO_LINE = (
    "websocket not connected",
    "websocket disconnected before",
    "client is nil",
    "the store doesn't contain a device JID",
    "the line is closed",
)

# neonize's sentence for an answer in which WhatsApp names nobody (goneonize's main.go, IsOnWhatsApp).
NOBODY = "Function returned nothing."


class Listener(Protocol):
    """Who is told what happens on a line. Called from the library's threads."""

    def on_event(self, code: int, data: bytes) -> None:
        """One event as protobuf bytes. WhatsApp has been told that we have it: don't lose it."""

    def on_qr(self, text: str) -> None:
        """A new code to scan; it replaces the one before."""

    def on_login(self, word: str) -> None:
        """How waiting for a scan ended: `success`, `timeout` or an error."""

    def on_end(self, error: str) -> None:
        """The library has given up. Nothing more will come."""


class Line:
    """A client of neonize's with its own store of credentials at the address `store`.

    Events are not parsed on their way: neonize's own dispatcher is replaced, and all kinds are asked for.
    """

    def __init__(self, store: str, name: str, listener: Listener, proxy: str | None = None) -> None:
        self.listener = listener
        self.proxy = proxy
        self.last_event = time.monotonic()
        self.is_introduced = False  # whether the library has told who we are, and so would tell events
        self.is_online_wished: bool | None = None  # None: the owner has not said
        self._closed = threading.Event()
        self._calls = 0
        self._no_calls = threading.Condition()
        props = DeviceProps(os="WhatsApp Hub", platformType=DeviceProps.CHROME, requireFullSync=True)
        self.client = NewClient(store, props=props, uuid=name)
        # When Python forgets a client, neonize stops whichever client has its name then: the next line's.
        self.client._stop_finalizer.detach()
        self.client.event.list_func = dict.fromkeys(INT_TO_EVENT)
        self.client.event.execute = self._on_event
        self.client.event._qr = self._on_qr
        # neonize itself only prints this word; the name is what Python makes of its private method's.
        self.client._NewClient__onLoginStatus = self._on_login
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)

    # The library's threads

    def _run(self) -> None:
        error = ""
        try:
            self.client.connect(ProxySettings(proxy_address=self.proxy) if self.proxy else None)
        except Exception as problem:
            error = str(problem) or type(problem).__name__
        if not self._closed.is_set():
            self.listener.on_end(error)

    def _on_event(self, uuid: int, address: int, size: int, code: int) -> None:
        if code == DEVICE:
            self.is_introduced = True
            return
        self.last_event = time.monotonic()
        try:
            self.listener.on_event(code, ctypes.string_at(address, size))
        except Exception:
            log.exception("An event of kind %s could not be taken in", code)
        finally:
            self.last_event = time.monotonic()

    def _on_qr(self, client: NewClient, text: bytes) -> None:
        if not self._closed.is_set():
            self.listener.on_qr(text.decode())

    def _on_login(self, uuid: int, word: int) -> None:
        if not self._closed.is_set():
            self.listener.on_login(ctypes.string_at(word).decode())

    # The line as a whole

    def open(self) -> None:
        """Starts to connect, and returns at once."""
        _clients_of_late.append(self.client)
        self._thread.start()

    def close(self) -> bool:
        """Hangs up without logging out, and takes in what was received until then.

        False when the library's call doesn't come back, which is so for a client that was never paired: it
        then keeps a thread until the process ends.
        """
        self._closed.set()
        if self._thread.is_alive():
            self.client.disconnect()
            deadline = time.monotonic() + LONGEST_FLUSH
            while time.monotonic() < min(deadline, self.last_event + QUIET_SECONDS):
                time.sleep(0.02)
            with self._no_calls:
                self._no_calls.wait_for(lambda: not self._calls, LONGEST_FLUSH)
            self.client.stop()
            self._thread.join(1.0)
        return not self._thread.is_alive()

    @contextmanager
    def _in_use(self) -> Iterator[NewClient]:
        """The client, for one call. Go has no client any more once the line is closed, and a call for one
        that it doesn't have ends the process: so closing waits for calls, and no new one begins."""
        with self._no_calls:
            if self._closed.is_set():
                raise NeonizeError("the line is closed")
            self._calls += 1
        try:
            yield self.client
        finally:
            with self._no_calls:
                self._calls -= 1
                self._no_calls.notify_all()

    # What can be asked of it

    @property
    def is_logged_in(self) -> bool:
        return not self._closed.is_set() and bool(self.client.is_logged_in)

    def me(self) -> neonize_pb2.Device:
        """Who we are: the linked device, its LID and the push name."""
        return self.client.get_me()

    def pair(self, phone: str) -> str:
        """Asks WhatsApp for a code that the owner types into the phone with that number."""
        return str(self.client.PairPhone(phone, True))

    def logout(self) -> None:
        """Unlinks this device, and lets the library forget its credentials."""
        self.client.logout()

    def send(self, jid: str, message: waE2E.Message) -> neonize_pb2.SendResponse:
        """Sends; returns when WhatsApp has taken the message. Raises NeonizeError."""
        with self._in_use() as client:
            return client.send_message(jid_message(jid), message)

    def on_whatsapp(self, jid: str) -> str | None:
        """The phone JID that WhatsApp has for this one (with some countries' numbers it is another), or the
        LID where it tells no number; None when nobody on WhatsApp has it. Raises NeonizeError."""
        with self._in_use() as client:
            try:
                answers = client.is_on_whatsapp(f"+{phone_number(jid)}")
            except IsOnWhatsAppError as error:
                if NOBODY in str(error):
                    return None
                raise
        found = next((jid_text(one.JID) for one in answers if one.IsIn), None)
        return found and ((self.other_address(found) if is_lid(found) else "") or found)

    def reject_call(self, caller: str, call_id: str) -> None:
        """Declines a call that rings; `caller` as the offer has it. Raises NeonizeError."""
        with self._in_use() as client:
            client.reject_call(jid_message(caller), call_id)

    def set_about(self, text: str) -> None:
        """Changes our own about text. Raises NeonizeError."""
        with self._in_use() as client:
            client.set_status_message(text)

    def show_in_chat(self, jid: str, kind: str) -> None:
        """Shows us there as `composing`, `recording` or `paused`. Raises NeonizeError."""
        state = (
            ChatPresence.CHAT_PRESENCE_PAUSED if kind == "paused" else ChatPresence.CHAT_PRESENCE_COMPOSING
        )
        recording = kind == "recording"
        media = (
            ChatPresenceMedia.CHAT_PRESENCE_MEDIA_AUDIO
            if recording
            else ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT
        )
        with self._in_use() as client:
            client.send_chat_presence(jid_message(jid), state, media)

    def download(self, message: waE2E.Message) -> bytes:
        """The decrypted file of a message. Raises NeonizeError."""
        return bytes(self.client.download_any(message))

    def upload(self, data: bytes, kind: MediaType) -> neonize_pb2.UploadResponse:
        """Encrypts a file, hands it to WhatsApp, and returns what a message says of it. Raises NeonizeError.

        The library takes a file as a whole: it has it in memory twice meanwhile.
        """
        with self._in_use() as client:
            return client.upload(data, kind)

    def mark_read(self, chat: str, sender: str, message_ids: list[str]) -> None:
        """Tells the sender, and our other devices, that these messages are read. Raises NeonizeError."""
        with self._in_use() as client:
            client.mark_read(
                *message_ids, chat=jid_message(chat), sender=jid_message(sender), receipt=ReceiptType.READ
            )

    # What the library knows, without asking WhatsApp

    def contacts(self) -> list[neonize_pb2.Contact]:
        """Everybody in the library's store, by whichever address it has them."""
        with self._in_use() as client:
            return list(client.contact.get_all_contacts())

    def chat_settings(self, jid: str) -> neonize_pb2.LocalChatSettings:
        """Archived, pinned and muted, as the phone has set them."""
        with self._in_use() as client:
            return client.chat_settings.get_chat_settings(jid_message(jid))

    def put_chat_settings(self, jid: str, archived: bool, pinned: bool, muted_until: int) -> None:
        """Writes what `chat_settings` gives into the library's store; the phone isn't told. `muted_until` in
        Unix seconds; -1: for ever, 0: not muted. Raises NeonizeError."""
        with self._in_use() as client:
            store, chat = client.chat_settings, jid_message(jid)
            store.put_archived(chat, archived)
            store.put_pinned(chat, pinned)
            store.put_muted_until(chat, timedelta(seconds=muted_until))

    def other_address(self, jid: str) -> str:
        """The phone JID of a LID, the LID of a phone JID; empty where the library has not learnt it."""
        with self._in_use() as client:
            ask = client.get_pn_from_lid if is_lid(jid) else client.get_lid_from_pn
            try:
                return jid_text(ask(jid_message(jid)))
            except NeonizeError as error:
                log.debug("The other address of somebody is not known: %s", error)
                return ""

    # What WhatsApp is asked. All raise NeonizeError.

    def groups(self) -> list[neonize_pb2.GroupInfo]:
        """Every group that we are in."""
        with self._in_use() as client:
            return list(client.get_joined_groups())

    def group(self, jid: str) -> neonize_pb2.GroupInfo:
        """One group that we are in."""
        with self._in_use() as client:
            return client.get_group_info(jid_message(jid))

    def set_group_subject(self, group: str, subject: str) -> None:
        with self._in_use() as client:
            client.set_group_name(jid_message(group), subject)

    def set_group_description(self, group: str, description: str) -> None:
        with self._in_use() as client:
            client.set_group_topic(jid_message(group), "", "", description)

    def change_participants(
        self, group: str, people: list[str], action: str
    ) -> list[neonize_pb2.GroupParticipant]:
        """Adds, removes, promotes or demotes people; returns what came of each, with `Error` where nothing
        did."""
        with self._in_use() as client:
            whom = [jid_message(jid) for jid in people]
            return list(client.update_group_participants(jid_message(group), whom, ParticipantChange(action)))

    def invite_code(self, group: str) -> str:
        """The code in the group's invite link; only its admins may know."""
        with self._in_use() as client:
            return str(client.get_group_invite_link(jid_message(group))).rpartition("/")[2]

    def blocklist(self) -> neonize_pb2.Blocklist:
        with self._in_use() as client:
            return client.get_blocklist()

    def privacy(self) -> neonize_pb2.PrivacySettings:
        with self._in_use() as client:
            return client.get_privacy_settings()

    def newsletters(self) -> list[neonize_pb2.NewsletterMetadata]:
        """Every newsletter that we follow."""
        with self._in_use() as client:
            return list(client.get_subscribed_newletters())

    def follow_newsletter_counts(self, newsletter: str) -> None:
        """Asks for news of views and reactions; WhatsApp sends them for some minutes."""
        with self._in_use() as client:
            client.newsletter_subscribe_live_updates(jid_message(newsletter))

    def profiles(self, jids: list[str]) -> list[neonize_pb2.GetUserInfoSingleReturnFunction]:
        """About texts and picture ids."""
        with self._in_use() as client:
            return list(client.get_user_info(*(jid_message(jid) for jid in jids)))

    def picture(self, jid: str) -> neonize_pb2.ProfilePictureInfo:
        """Where the picture of a person or group is now; without an id they show none."""
        with self._in_use() as client:
            return client.get_profile_picture(jid_message(jid))

    def wish_online(self, online: bool) -> None:
        """Shows us as online or not, as the owner wants it for as long as this line lasts."""
        self.be_online(online)
        self.is_online_wished = online

    def be_online(self, online: bool) -> None:
        """Shows us as online or not. Only who is online hears of others' presence."""
        with self._in_use() as client:
            client.send_presence(Presence.AVAILABLE if online else Presence.UNAVAILABLE)

    def follow_presence(self, jid: str) -> None:
        """Asks to hear of somebody's presence, until the line ends."""
        with self._in_use() as client:
            client.subscribe_presence(jid_message(jid))
