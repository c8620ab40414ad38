"""The routes of the API, below `/api/`."""

from django.urls import path, re_path

from api.views.accounts import AccountViewSet
from api.views.actions import ActionViewSet
from api.views.calls import CallViewSet
from api.views.chats import ChatViewSet
from api.views.connection import ConnectionViewSet
from api.views.contacts import ContactViewSet
from api.views.deliveries import DeliveryViewSet
from api.views.events import EventViewSet
from api.views.group_acts import GroupActViewSet
from api.views.groups import GroupViewSet
from api.views.keys import KeyViewSet
from api.views.labels import LabelAssociationViewSet, LabelViewSet
from api.views.media import MediaViewSet
from api.views.messages import MessageReceiptViewSet, MessageViewSet
from api.views.newsletters import NewsletterViewSet
from api.views.presence import PresenceLogViewSet, PresenceViewSet
from api.views.receipts import ReceiptViewSet
from api.views.root import SchemaViewSet, otherwise
from api.views.search import MessageSearchViewSet, SearchViewSet
from api.views.sending import SendingViewSet
from api.views.sending_media import SendingMediaViewSet
from api.views.settings import SettingViewSet
from api.views.state_acts import StateActViewSet
from api.views.stats import StatsViewSet
from api.views.stories import StoryViewSet
from api.views.streams import EventStreamViewSet, TicketViewSet
from api.views.webhooks import WebhookViewSet

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
    path("search", SearchViewSet.as_view({"get": "everything"})),
    path("chats", ChatViewSet.as_view({"get": "list"})),
    path("chats/<str:jid>", ChatViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("contacts", ContactViewSet.as_view({"get": "list"})),
    path("contacts/<str:jid>", ContactViewSet.as_view({"get": "retrieve"})),
    path("contacts/<str:jid>/profile-pic", ContactViewSet.as_view({"get": "profile_pic"})),
    path("groups", GroupViewSet.as_view({"get": "list"})),
    path("groups/sync", GroupActViewSet.as_view({"post": "sync"})),
    path("groups/<str:jid>", GroupViewSet.as_view({"get": "retrieve"})),
    path("groups/<str:jid>/metadata", GroupActViewSet.as_view({"get": "metadata"})),
    path("groups/<str:jid>/invite-code", GroupActViewSet.as_view({"get": "invite_code"})),
    path("groups/<str:jid>/subject", GroupActViewSet.as_view({"put": "subject"})),
    path("groups/<str:jid>/description", GroupActViewSet.as_view({"put": "describe"})),
    path("groups/<str:jid>/participants", GroupActViewSet.as_view({"post": "participants"})),
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
    path("accounts", AccountViewSet.as_view({"get": "list", "post": "create"})),
    path("accounts/<str:name>", AccountViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("media", MediaViewSet.as_view({"get": "list"})),
    path("media/stats", MediaViewSet.as_view({"get": "stats"})),
    path("media/by-message/<str:message_id>", MediaViewSet.as_view({"get": "by_message"})),
    path("media/<str:media_id>", MediaViewSet.as_view({"get": "retrieve"})),
    path("media/<str:media_id>/download", MediaViewSet.as_view({"get": "download"})),
    path("media/<str:media_id>/retry", MediaViewSet.as_view({"post": "retry"})),
    path("actions", ActionViewSet.as_view({"get": "list"})),
    path("actions/send/text", SendingViewSet.as_view({"post": "text"})),
    path("actions/send/image", SendingMediaViewSet.as_view({"post": "send_image"})),
    path("actions/send/video", SendingMediaViewSet.as_view({"post": "send_video"})),
    path("actions/send/audio", SendingMediaViewSet.as_view({"post": "send_audio"})),
    path("actions/send/document", SendingMediaViewSet.as_view({"post": "send_document"})),
    path("actions/send/sticker", SendingMediaViewSet.as_view({"post": "send_sticker"})),
    path("actions/send/location", SendingViewSet.as_view({"post": "location"})),
    path("actions/send/contact", SendingViewSet.as_view({"post": "contact"})),
    path("actions/send/poll", SendingViewSet.as_view({"post": "poll"})),
    path("actions/react", SendingViewSet.as_view({"post": "react"})),
    path("actions/edit", SendingViewSet.as_view({"post": "edit"})),
    path("actions/revoke", SendingViewSet.as_view({"post": "revoke"})),
    path("actions/forward", SendingViewSet.as_view({"post": "forward"})),
    path("actions/star", StateActViewSet.as_view({"post": "star"})),
    path("actions/read", StateActViewSet.as_view({"post": "read"})),
    path("actions/chat", StateActViewSet.as_view({"post": "chat"})),
    path("actions/presence", StateActViewSet.as_view({"post": "presence"})),
    path("actions/profile-status", StateActViewSet.as_view({"put": "profile_status"})),
    path("actions/call/reject", StateActViewSet.as_view({"post": "reject_call"})),
    path("actions/<str:action_id>", ActionViewSet.as_view({"get": "retrieve", "delete": "cancel"})),
    path("actions/<str:action_id>/retry", ActionViewSet.as_view({"post": "retry"})),
    path("stats", StatsViewSet.as_view({"get": "overview"})),
    path("stats/events", EventViewSet.as_view({"get": "list"})),
    path("stats/events/types", EventViewSet.as_view({"get": "types"})),
    path("stats/events/prune", EventViewSet.as_view({"delete": "prune"})),
    path("events/stream", EventStreamViewSet.as_view({"get": "stream"})),
    path("ws/ticket", TicketViewSet.as_view({"post": "create"})),
    path("settings", SettingViewSet.as_view({"get": "list", "put": "update"})),
    path("keys", KeyViewSet.as_view({"get": "list", "post": "create"})),
    path("keys/<str:key_id>", KeyViewSet.as_view({"patch": "partial_update", "delete": "destroy"})),
    path("webhooks", WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path("webhooks/deliveries", DeliveryViewSet.as_view({"get": "list"})),
    path("webhooks/deliveries/replay", DeliveryViewSet.as_view({"post": "replay"})),
    path("webhooks/deliveries/<str:delivery_id>", DeliveryViewSet.as_view({"get": "retrieve"})),
    path("webhooks/deliveries/<str:delivery_id>/retry", DeliveryViewSet.as_view({"post": "retry"})),
    path(
        "webhooks/<str:webhook_id>",
        WebhookViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("webhooks/<str:webhook_id>/toggle", WebhookViewSet.as_view({"put": "toggle"})),
    path("webhooks/<str:webhook_id>/test", WebhookViewSet.as_view({"post": "test"})),
    path("webhooks/<str:webhook_id>/rotate-secret", WebhookViewSet.as_view({"post": "rotate_secret"})),
    re_path(r"^(?P<rest>.*)$", otherwise),
]
