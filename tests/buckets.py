"""Buckets of an S3 store on loopback, and the settings that put a hub's files into one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3

from hub.env import Environment
from hub.stores import storages_of
from tests import servers
from tests.servers import Server

_numbers = itertools.count(1)
KEY_ID, SECRET = "a-key-id-of-tests", "a-secret-of-tests-0123"


@dataclass
class Bucket:
    """A bucket of its own in which nothing is."""

    server: Server = field(default_factory=servers.s3)
    name: str = field(default_factory=lambda: f"hub-files-{next(_numbers)}")

    def __post_init__(self) -> None:
        self.make()

    def make(self) -> None:
        self.client.create_bucket(Bucket=self.name)

    @cached_property
    def client(self) -> Any:
        """Looks into the bucket without the hub."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a hub that keeps its files there."""
        return {
            "S3_BUCKET": self.name,
            "S3_ENDPOINT_URL": self.url,
            "S3_ACCESS_KEY_ID": KEY_ID,
            "S3_SECRET_ACCESS_KEY": SECRET,
            "S3_PREFIX": "hub",
        }

    @property
    def storages(self) -> dict[str, dict[str, Any]]:
        """STORAGES of such a hub."""
        return storages_of(Environment(self.environment))

    def names(self) -> list[str]:
        return [one["Key"] for one in self.client.list_objects_v2(Bucket=self.name).get("Contents", [])]

    def content(self, key: str) -> bytes:
        data: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return data

    def loses(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)
