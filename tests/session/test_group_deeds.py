"""What is done to groups through the real library, and what the others and the rows have of it."""

from tests.session.conftest import SessionProcess, done, failed
from tests.waiting import eventually
from whatsapp import actions
from whatsapp.models import Account, Group, GroupChange, GroupParticipant
from whatsapp.simulator import Simulator
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

ALICE = "15550101@s.whatsapp.net"
BOB = "15550102@s.whatsapp.net"
NOBODY = "15559999@s.whatsapp.net"


def members(group: Group) -> dict[str, str]:
    present = GroupParticipant.objects.filter(group=group, is_present=True)
    return dict(present.values_list("contact__jid", "role"))


def test_an_admin_changes_a_group_and_its_members(
    session: SessionProcess, alice: Person, bob: Person, olivia: Phone
) -> None:
    account = Account.default()
    group = olivia.creates_group("Friends", [alice])
    jid = str(group.jid)
    row = eventually(lambda: Group.objects.filter(jid=jid).first(), "the group's row")

    done(actions.set_group_subject(account, jid, "Old friends"))
    done(actions.set_group_description(account, jid, "Since 1999"))
    added = done(actions.change_participants(account, jid, [BOB, ALICE], "add"))
    promoted = done(actions.change_participants(account, jid, [ALICE], "promote"))

    assert added.result is not None
    assert promoted.result is not None
    assert [(one["status"], one["jid"]) for one in added.result["result"]] == [("200", BOB), ("409", ALICE)]
    assert added.result["result"][1]["content"] == {
        "tag": "participant",
        "attrs": {"jid": ALICE, "error": "409"},
    }
    assert [one["status"] for one in promoted.result["result"]] == ["200"]
    eventually(lambda: members(row).get(ALICE) == "admin" and BOB in members(row), "the members' rows")
    eventually(Group.objects.filter(jid=jid, name="Old friends", description="Since 1999").exists, "names")
    assert GroupChange.objects.filter(group=row, kind="subject", value="Old friends").exists()

    metadata = done(actions.queue(account, actions.GET_GROUP_METADATA, {"jid": jid})).result or {}
    assert (metadata["id"], metadata["subject"], metadata["desc"]) == (jid, "Old friends", "Since 1999")
    assert {one["id"]: one["admin"] for one in metadata["participants"]} == {
        "15550100@s.whatsapp.net": "superadmin",
        ALICE: "admin",
        BOB: None,
    }
    code = done(actions.queue(account, actions.GET_INVITE_CODE, {"jid": jid})).result or {}
    assert alice.invites(group).endswith(code["code"])
    eventually(Group.objects.filter(jid=jid, invite_code=code["code"]).exists, "the code's row")
    assert done(actions.sync_groups(account)).result == {"synced": 1, "failed": 0, "total": 1}

    done(actions.change_participants(account, jid, [BOB], "remove"))
    eventually(lambda: BOB not in members(row), "Bob to be gone")
    error = failed(actions.change_participants(account, jid, [NOBODY], "add"))
    assert error == "participants: The number +15559999 is not on WhatsApp."


def test_members_are_found_by_number_in_a_group_that_hides_them(
    session: SessionProcess, simulator: Simulator, alice: Person, bob: Person, olivia: Phone
) -> None:
    account = Account.default()
    simulator.world.group_addressing = "lid"
    group = olivia.creates_group("Strangers", [alice, bob])
    jid = str(group.jid)
    eventually(lambda: Group.objects.filter(jid=jid).first(), "the group's row")
    spam = alice.send_text(group, "Buy now")
    session.waits_for_message("Buy now")

    done(actions.react(account, jid, spam.id, "👎"))
    reaction = bob.waits_for(lambda message: message.message.reactionMessage.text == "👎")
    assert reaction.message.reactionMessage.key.participant == str(alice.lid)
    removed = done(actions.change_participants(account, jid, [ALICE], "remove"))

    assert removed.result is not None
    (one,) = removed.result["result"]
    assert (one["status"], one["jid"], one["content"]["attrs"]["jid"]) == ("200", ALICE, str(alice.lid))
    row = Group.objects.get(jid=jid)
    eventually(lambda: ALICE not in members(row), "Alice to be gone")


def test_what_only_admins_may_is_refused_in_words(
    session: SessionProcess, alice: Person, bob: Person, olivia: Phone
) -> None:
    account = Account.default()
    group = alice.creates_group("Hers", [olivia, bob])
    alice.locks(group)
    jid = str(group.jid)
    eventually(lambda: Group.objects.filter(jid=jid, is_restrict=True).exists(), "the group's row")

    for refused in (
        actions.set_group_subject(account, jid, "Mine"),
        actions.change_participants(account, jid, [BOB], "remove"),
        actions.queue(account, actions.GET_INVITE_CODE, {"jid": jid}),
    ):
        assert failed(refused).startswith("jid: "), refused.kind
    gone = actions.queue(account, actions.GET_GROUP_METADATA, {"jid": "120363000000000009@g.us"})
    assert failed(gone).startswith("jid: There is no such group")
