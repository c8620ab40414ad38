"""A hub that strangers have written into, and its owner, who opens its pages."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.api.conftest import Hub, running_hub
from tests.e2e.conftest import chromium  # noqa: F401  (a fixture)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
BUILD = """
import json
from whatsapp.protobuf import neonize_pb2
from tests.attacks import world
print(json.dumps({"columns": world.build(), "things": world.things()}))
"""


@dataclass
class Site:
    """`columns` are those that hold hostile texts, by how they have come in; `things` what can be opened."""

    hub: Hub
    columns: dict[str, list[str]]
    things: dict[str, list[list[Any]]]
    cookies: dict[str, str] = field(default_factory=dict)

    def client(self) -> httpx.Client:
        """The owner's browser."""
        headers = {"accept": BROWSER}
        return httpx.Client(base_url=self.hub.url, headers=headers, cookies=self.cookies, timeout=30)

    def sign_in(self) -> None:
        with httpx.Client(base_url=self.hub.url, headers={"accept": BROWSER}) as browser:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/login").text)
            assert token is not None
            form = {"key": settings.API_KEY, "csrfmiddlewaretoken": token[1]}
            assert browser.post("/login", data=form).status_code == 302
            self.cookies = dict(browser.cookies)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_hub(tmp_path_factory.mktemp("attacked")) as hub:
        built = json.loads(hub.run(BUILD).splitlines()[-1])
        made = Site(hub, built["columns"], built["things"])
        made.sign_in()
        yield made
