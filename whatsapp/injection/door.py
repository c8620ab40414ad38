"""The door itself: an HTTP server for load tools on this machine, one run at a time.

It has no key, so it is for this machine alone, and for programs: browsers, which would let any page in, can
send no JSON to another origin without asking, and get no answer to that.
"""

import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection

from whatsapp.injection import runs
from whatsapp.injection.corpus import BadRecord
from whatsapp.injection.intake import Stuck
from whatsapp.models import Account

log = logging.getLogger(__name__)

LONGEST_BODY = 65_536
MOST_MESSAGES = 10_000_000

Answer = tuple[int, dict[str, Any]]
Run = Callable[[Account], dict[str, Any]]


class Refused(Exception):
    """The request can't be carried out. The message is for who sent it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def whole(most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=most, **more)


class LoadForm(forms.Form):
    path = forms.CharField()
    limit = whole(MOST_MESSAGES, required=False)
    batch = whole(MOST_MESSAGES, required=False)  # changes nothing: neonize tells of one message an event
    history = forms.BooleanField(required=False)  # as the phone's history, and not one event a message

    def clean_path(self) -> Path:
        path = Path(self.cleaned_data["path"])
        if not path.is_absolute():
            raise ValidationError("This must be an absolute path, for the door runs in another folder.")
        if not path.is_file():
            raise ValidationError(f"There is no file {str(path)!r}.")
        return path

    def work(self) -> Run:
        run = runs.load_as_histories if self.cleaned_data["history"] else runs.load
        return partial(run, path=self.cleaned_data["path"], limit=self.cleaned_data["limit"])

    @property
    def is_awaited(self) -> bool:
        return True


class LiveForm(forms.Form):
    count = whole(MOST_MESSAGES)
    rate = forms.FloatField(min_value=0, max_value=1_000_000, required=False)
    batch = whole(100_000, required=False)
    run = forms.RegexField(r"^[A-Za-z0-9_-]{1,64}\Z")
    wait = forms.NullBooleanField(required=False)

    def work(self) -> Run:
        wish = self.cleaned_data
        return partial(
            runs.live,
            count=wish["count"],
            rate=wish["rate"] or 0.0,
            batch=wish["batch"] or 1,
            run=wish["run"],
        )

    @property
    def is_awaited(self) -> bool:
        return self.cleaned_data["wait"] is not False


FORMS: dict[str, type[LoadForm | LiveForm]] = {"/load": LoadForm, "/live": LiveForm}


class Door(ThreadingHTTPServer):
    """Listens on a loopback address; raises OSError when it can't."""

    def __init__(self, account: Account, host: str, port: int) -> None:
        self.account = account
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._turn = threading.Lock()
        super().__init__((host, port), Request)

    def answer(self, form: LoadForm | LiveForm) -> Answer:
        """Carries out what is asked for; raises Refused."""
        if not self._turn.acquire(blocking=False):
            raise Refused(409, "Another run is under way: wait until it has ended.")
        run = form.work()
        if form.is_awaited:
            return 200, self._carry_out(run)
        threading.Thread(target=self._carry_out_unheard, args=[run], name="run", daemon=True).start()
        return 202, {
            "published": 0,
            "done": False,
            "wall_s": 0.0,
            "rate_achieved": 0.0,
            "event_ms": runs.distribution([]),
        }

    def _carry_out(self, run: Run) -> dict[str, Any]:
        try:
            return run(self.account)
        except BadRecord as error:
            raise Refused(400, f"path: {error}.") from error
        except OSError as error:
            raise Refused(400, f"path: The file can't be read ({error.strerror}).") from error
        except Stuck as error:
            raise Refused(504, str(error)) from error
        finally:
            self._turn.release()
            connection.close()

    def _carry_out_unheard(self, run: Run) -> None:
        try:
            log.info("A run has ended: %s", self._carry_out(run))
        except Refused as error:
            log.error("A run has failed: %s", error)


class Request(BaseHTTPRequestHandler):
    """One request of a load tool; every answer is JSON."""

    protocol_version = "HTTP/1.1"
    server: Door

    def do_POST(self) -> None:
        try:
            status, answer = self.server.answer(self._form())
        except Refused as refused:
            status, answer = refused.status, {"error": str(refused)}
        except Exception:
            log.exception("A run has failed")
            status, answer = 500, {"error": "The run has failed; the door's log says why."}
        self._say(status, answer)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no HTTP, or not POST."""
        self.close_connection = True
        self._say(code, {"error": f"{message}: POST to /load or /live."})

    def _form(self) -> LoadForm | LiveForm:
        body = self._body()
        if not is_loopback(urlsplit(f"//{self.headers.get('host', '')}").hostname or ""):
            raise Refused(403, "Host: the door is for programs on this machine, by a loopback address.")
        kind = FORMS.get(urlsplit(self.path).path)
        if kind is None:
            raise Refused(404, f"There is no {self.path[:80]}: POST to /load or /live.")
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "Content-Type: this must be application/json.")
        try:
            wish = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Refused(400, f"The body is not JSON: {error}.") from error
        if not isinstance(wish, dict):
            raise Refused(400, f"The body must be an object with {', '.join(kind.base_fields)}.")
        for name in wish:
            if name not in kind.base_fields:
                raise Refused(400, f"{name[:80]}: {self.path} takes {', '.join(kind.base_fields)}.")
        form = kind(wish)
        if not form.is_valid():
            raise Refused(400, sentences(form))
        return form

    def _body(self) -> bytes:
        length = self.headers.get("content-length", "")
        if not length.isdigit():
            self.close_connection = True
            raise Refused(411, "Content-Length: this is needed.")
        if int(length) > LONGEST_BODY:
            self.close_connection = True
            raise Refused(413, f"The body is longer than {LONGEST_BODY} bytes.")
        return self.rfile.read(int(length))

    def _say(self, status: int, answer: dict[str, Any]) -> None:
        body = orjson.dumps(answer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, form: str, *args: Any) -> None:
        log.debug(form, *args)


def sentences(form: forms.Form) -> str:
    """What is wrong with which field."""
    said = form.errors.get_json_data().items()
    return " ".join(f"{name}: {error['message']}" for name, errors in said for error in errors)


def is_loopback(host: str) -> bool:
    """Whether that address, or name, is this machine's own and no other can reach it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
