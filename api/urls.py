"""The routes of the API, below `/api/`."""

from django.urls import path, re_path

from api.views.accounts import AccountViewSet
from api.views.actions import ActionViewSet
from api.views.calls import CallViewSet
from api.views.chats import ChatViewSet
from api.views.connection import ConnectionViewSet
from api.views.contacts import ContactViewSet
from api.views.events import EventViewSet
from api.views.groups import GroupViewSet
from api.views.labels import LabelAssociationViewSet, LabelViewSet
from api.views.media import MediaViewSet
from api.views.messages import MessageReceiptViewSet, MessageSearchViewSet, MessageViewSet
from api.views.newsletters import NewsletterViewSet
from api.views.presence import PresenceLogViewSet, PresenceViewSet
from api.views.receipts import ReceiptViewSet
from api.views.root import SchemaViewSet, otherwise
from api.views.stats import StatsViewSet
from api.views.stories import StoryViewSet

urlpatterns = [
    path("openapi.json", SchemaViewSet.as_view({"get": "openapi"})),
    path("connection/status", ConnectionViewSet.as_view({"get": "status"})),
    path("connection/qr", ConnectionViewSet.as_view({"get": "qr"})),
    path("connection/qr/image", ConnectionViewSet.as_view({"get": "qr_image"})),
    path("connection/restart", ConnectionViewSet.as_view({"post": "restart"})),
    path("connection/new-qr", ConnectionViewSet.as_view({"post": "new_qr"})),
    path("connection/logout", ConnectionViewSet.as_view({"post": "logout"})),
    path("connection/pair", ConnectionViewSet.as_view({"post": "pair"})),
    path("messages", MessageViewSet.as_view({"get": "list"})),
    path("messages/search", MessageSearchViewSet.as_view({"get": "list"})),
    path("messages/stats", MessageViewSet.as_view({"get": "stats"})),
    path("messages/<str:message_id>/receipts", MessageReceiptViewSet.as_view({"get": "list"})),
    path("messages/<str:message_id>/edits", MessageViewSet.as_view({"get": "edits"})),
    path("messages/<str:message_id>", MessageViewSet.as_view({"get": "retrieve"})),
    path("chats", ChatViewSet.as_view({"get": "list"})),
    path("chats/<str:jid>", ChatViewSet.as_view({"get": "retrieve"})),
    path("contacts", ContactViewSet.as_view({"get": "list"})),
    path("contacts/<str:jid>", ContactViewSet.as_view({"get": "retrieve"})),
    path("contacts/<str:jid>/profile-pic", ContactViewSet.as_view({"get": "profile_pic"})),
    path("groups", GroupViewSet.as_view({"get": "list"})),
    path("groups/<str:jid>", GroupViewSet.as_view({"get": "retrieve"})),
    path("calls", CallViewSet.as_view({"get": "list"})),
    path("calls/<str:call_id>", CallViewSet.as_view({"get": "retrieve"})),
    path("presence", PresenceViewSet.as_view({"get": "list"})),
    path("presence/<str:jid>", PresenceViewSet.as_view({"get": "retrieve"})),
    path("presence/<str:jid>/log", PresenceLogViewSet.as_view({"get": "list"})),
    path("receipts", ReceiptViewSet.as_view({"get": "list"})),
    path("stories", StoryViewSet.as_view({"get": "list"})),
    path("stories/<str:story_id>", StoryViewSet.as_view({"get": "retrieve"})),
    path("labels", LabelViewSet.as_view({"get": "list"})),
    path("labels/associations", LabelAssociationViewSet.as_view({"get": "list"})),
    path("newsletters", NewsletterViewSet.as_view({"get": "list"})),
    path("newsletters/<str:jid>", NewsletterViewSet.as_view({"get": "retrieve"})),
    path("accounts", AccountViewSet.as_view({"get": "list"})),
    path("media", MediaViewSet.as_view({"get": "list"})),
    path("media/stats", MediaViewSet.as_view({"get": "stats"})),
    path("media/by-message/<str:message_id>", MediaViewSet.as_view({"get": "by_message"})),
    path("media/<str:media_id>", MediaViewSet.as_view({"get": "retrieve"})),
    path("media/<str:media_id>/download", MediaViewSet.as_view({"get": "download"})),
    path("media/<str:media_id>/retry", MediaViewSet.as_view({"post": "retry"})),
    path("actions", ActionViewSet.as_view({"get": "list"})),
    path("actions/send/text", ActionViewSet.as_view({"post": "send_text"})),
    path("actions/<str:action_id>", ActionViewSet.as_view({"get": "retrieve"})),
    path("stats", StatsViewSet.as_view({"get": "overview"})),
    path("stats/events", EventViewSet.as_view({"get": "list"})),
    path("stats/events/types", EventViewSet.as_view({"get": "types"})),
    path("stats/events/prune", EventViewSet.as_view({"delete": "prune"})),
    re_path(r"^(?P<rest>.*)$", otherwise),
]
