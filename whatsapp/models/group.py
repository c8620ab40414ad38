"""Groups, who is in them, and what has become of them."""

from django.db import models

from whatsapp.models.account import Account
from whatsapp.models.contact import Contact
from whatsapp.querysets import GroupChangeQuerySet, GroupParticipantQuerySet, GroupQuerySet


class Group(models.Model):
    """A group as WhatsApp last described it. Its messages are in the chat with the same JID."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    jid = models.CharField()
    name = models.TextField(null=True)
    description = models.TextField(null=True)
    owner = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    creation_time = models.BigIntegerField(
        null=True, help_text="Unix seconds; neonize gives it to the nearest two minutes."
    )
    participant_count = models.IntegerField(default=0)
    is_member = models.BooleanField(default=True, help_text="Whether we are in it.")
    is_announce = models.BooleanField(default=False, help_text="Only admins may write.")
    is_restrict = models.BooleanField(default=False, help_text="Only admins may change name and picture.")
    is_approval_required = models.BooleanField(null=True, help_text="Admins approve who joins.")
    is_community = models.BooleanField(default=False, help_text="It is the parent of other groups.")
    parent_jid = models.CharField(null=True, help_text="The community that it belongs to.")
    is_default_subgroup = models.BooleanField(default=False, help_text="A community's announcements.")
    ephemeral_duration = models.IntegerField(null=True, help_text="Seconds; null: messages stay.")
    invite_code = models.CharField(null=True)
    profile_pic_url = models.TextField(null=True, help_text="WhatsApp's own address; it expires.")
    profile_pic_id = models.CharField(null=True)
    is_deleted = models.BooleanField(default=False)
    set_at = models.JSONField(
        default=dict, help_text="field → Unix seconds of what last set it: older news change nothing."
    )
    synced_at = models.BigIntegerField(null=True, help_text="Unix seconds: the last whole description.")
    picture_asked_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    first_seen_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "jid"], name="group_jid")]
        indexes = [models.Index("account", GroupQuerySet.SHOWN, "id", name="group_by_name")]

    def __str__(self) -> str:
        return self.name or self.jid


class GroupParticipant(models.Model):
    """Somebody who is or was in a group."""

    class Role(models.TextChoices):
        MEMBER = "member"
        ADMIN = "admin"
        SUPERADMIN = "superadmin"

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="participants", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role, default=Role.MEMBER)
    is_present = models.BooleanField(default=True)
    added_at = models.BigIntegerField(null=True, help_text="Unix seconds: when they came or were first seen.")
    left_at = models.BigIntegerField(null=True, help_text="Unix seconds.")
    membership_at = models.BigIntegerField(default=0, help_text="Unix seconds of the last news of presence.")
    role_at = models.BigIntegerField(default=0, help_text="Unix seconds of the last news of the role.")

    objects = GroupParticipantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "contact"], name="group_participant_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.group_id}"


class GroupChange(models.Model):
    """One thing that somebody did to a group or to its participants."""

    class Kind(models.TextChoices):
        CREATE = "create"
        ADD = "add"
        REMOVE = "remove"
        JOIN = "join"
        LEAVE = "leave"
        PROMOTE = "promote"
        DEMOTE = "demote"
        SUBJECT = "subject"
        DESCRIPTION = "description"
        PICTURE = "picture"
        ANNOUNCE = "announce"
        RESTRICT = "restrict"
        EPHEMERAL = "ephemeral"
        APPROVAL = "approval"
        INVITE = "invite"
        LINK = "link"
        UNLINK = "unlink"
        DELETE = "delete"
        OTHER = "other"

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="changes", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    actor = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    value = models.TextField(null=True, help_text="The new name, description, setting, …")
    timestamp = models.BigIntegerField(help_text="Unix seconds.")
    digest = models.CharField(max_length=64, unique=True, help_text="Tells the same news from new ones.")

    objects = GroupChangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["group", "-timestamp", "-id"], name="group_change_newest")]

    def __str__(self) -> str:
        return f"{self.kind} in {self.group_id}"
