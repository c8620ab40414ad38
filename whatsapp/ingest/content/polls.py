"""Polls, their votes and results."""

from whatsapp.ingest.content.records import Content, MessageType, PollVote
from whatsapp.ingest.content.registry import kind
from whatsapp.ingest.content.values import LAST_MILLISECOND, key, number, secret, text, texts
from whatsapp.protobuf import waE2E


# pollCreationMessageV4 wraps one of these and is unwrapped as every wrapper is.
@kind(
    "pollCreationMessage",
    "pollCreationMessageV2",
    "pollCreationMessageV3",
    "pollCreationMessageV5",
    "pollCreationMessageV6",
)
def poll(part: waE2E.PollCreationMessage) -> Content:
    return Content(
        MessageType.POLL,
        text(part.name),
        poll_name=text(part.name),
        poll_options=texts(option.optionName for option in part.options),
        poll_selectable=number(part, "selectableOptionsCount"),
    )


@kind("pollResultSnapshotMessage", "pollResultSnapshotMessageV3")
def poll_results(part: waE2E.PollResultSnapshotMessage) -> Content:
    return Content(
        MessageType.POLL,
        text(part.name),
        poll_name=text(part.name),
        poll_options=texts(vote.optionName for vote in part.pollVotes),
    )


@kind("pollUpdateMessage")
def poll_update(part: waE2E.PollUpdateMessage) -> Content:
    target = key(part, "pollCreationMessageKey")
    timestamp_ms = number(part, "senderTimestampMS", LAST_MILLISECOND)
    return Content(
        MessageType.POLL_UPDATE,
        poll_vote=PollVote(target, timestamp_ms) if target else None,
        target=target,
        is_encrypted=True,
        secret=secret(part.vote),
    )


@kind("pollAddOptionMessage")
def poll_add_option(part: waE2E.PollAddOptionMessage) -> Content:
    return Content(
        MessageType.POLL_UPDATE,
        poll_options=texts([part.addOption.optionName]),
        target=key(part, "pollCreationMessageKey"),
    )
