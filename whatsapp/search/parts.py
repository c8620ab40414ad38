"""What a search index is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A table or trigger, and the statement that makes it."""

    name: str
    statement: str

    @property
    def is_trigger(self) -> bool:
        return self.statement.startswith("CREATE TRIGGER")
