"""The tables, one module for each noun."""

from whatsapp.models.account import Account, Connection, Lease
from whatsapp.models.action import Action
from whatsapp.models.api_key import ApiKey
from whatsapp.models.call import Call
from whatsapp.models.chat import Chat
from whatsapp.models.contact import Contact
from whatsapp.models.event import Event
from whatsapp.models.group import Group, GroupChange, GroupParticipant
from whatsapp.models.history import HistorySync
from whatsapp.models.inbox import InboxEvent
from whatsapp.models.label import Label, LabelAssociation
from whatsapp.models.media import Media
from whatsapp.models.message import Message, MessageEdit, MessageIndex
from whatsapp.models.newsletter import Newsletter
from whatsapp.models.periodic_run import PeriodicRun
from whatsapp.models.preference import Preference
from whatsapp.models.presence import Presence, PresenceChange
from whatsapp.models.process import Process
from whatsapp.models.reaction import PollVote, Reaction
from whatsapp.models.receipt import Receipt
from whatsapp.models.story import Story, StoryView
from whatsapp.models.tally import DayTally, FileTally, MessageTally, TotalTally
from whatsapp.models.ticket import Ticket
from whatsapp.models.webhook import Delivery, DeliveryAttempt, Webhook

__all__ = [
    "Account",
    "Action",
    "ApiKey",
    "Call",
    "Chat",
    "Connection",
    "Contact",
    "DayTally",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "FileTally",
    "Group",
    "GroupChange",
    "GroupParticipant",
    "HistorySync",
    "InboxEvent",
    "Label",
    "LabelAssociation",
    "Lease",
    "Media",
    "Message",
    "MessageEdit",
    "MessageIndex",
    "MessageTally",
    "Newsletter",
    "PeriodicRun",
    "PollVote",
    "Preference",
    "Presence",
    "PresenceChange",
    "Process",
    "Reaction",
    "Receipt",
    "Story",
    "StoryView",
    "Ticket",
    "TotalTally",
    "Webhook",
]
