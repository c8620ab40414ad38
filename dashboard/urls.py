"""The routes of the dashboard, in the menu's order.

A page of the menu has one name everywhere: `things` is `views/things`, `data/things` and
`templates/dashboard/things` (a module, or a folder where the page has several), with a style sheet and a
script of that name in `static`.
"""

from django.urls import path

from dashboard.views import (
    choosing,
    contacts,
    docs,
    keys,
    line_state,
    media,
    overview,
    settings,
    signing_in,
    thumbnails,
)
from dashboard.views.actions import forms as action_forms
from dashboard.views.actions import queue as actions
from dashboard.views.connection import line as connection
from dashboard.views.connection import listening as connection_try
from dashboard.views.events import calls, presence, quarantine
from dashboard.views.events import log as events
from dashboard.views.groups import acts as group_acts
from dashboard.views.groups import groups
from dashboard.views.messages import acts as message_acts
from dashboard.views.messages import conversations as messages
from dashboard.views.messages import search, statistics
from dashboard.views.webhooks import deliveries, webhooks

urlpatterns = [
    # The frame of every page
    path("login", signing_in.sign_in, name="sign_in"),
    path("logout", signing_in.sign_out, name="sign_out"),
    path("line-state", line_state.line_state, name="line_state"),
    path("choose", choosing.choose, name="choose"),
    path("thumbnails/<int:media_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
    # Overview
    path("", overview.overview, name="overview"),
    # Messages: what has a name before what has a JID
    path("messages/search", search.search, name="search"),
    path("messages/statistics", statistics.statistics, name="message_statistics"),
    path("messages", messages.messages, name="messages"),
    path("messages/<str:jid>", messages.conversation_with, name="conversation"),
    path("messages/<str:jid>/bubbles", messages.bubbles, name="bubbles"),
    path("messages/<str:jid>/send", message_acts.send, name="send"),
    path("messages/<str:jid>/read", message_acts.read, name="mark_read"),
    path("messages/<str:jid>/keep", message_acts.keep, name="keep_messages"),
    path("messages/<str:jid>/acts/<int:act>/<str:verb>", message_acts.pending_act, name="pending_act"),
    path("messages/<str:jid>/<int:key>", message_acts.message, name="message"),
    path("messages/<str:jid>/<int:key>/react", message_acts.react, name="react"),
    path("messages/<str:jid>/<int:key>/star", message_acts.star, name="star"),
    path("messages/<str:jid>/<int:key>/edit", message_acts.edit, name="edit_message"),
    path("messages/<str:jid>/<int:key>/delete", message_acts.delete, name="delete_message"),
    path("messages/<str:jid>/<int:key>/forward", message_acts.forward, name="forward_message"),
    path("messages/<str:jid>/<int:key>/file", message_acts.retry_file, name="retry_file"),
    # Contacts
    path("contacts", contacts.contacts, name="contacts"),
    path("contacts/<str:jid>", contacts.contact, name="contact"),
    path("contacts/<str:jid>/presence", contacts.presence, name="contact_presence"),
    # Groups
    path("groups", groups.groups, name="groups"),
    path("groups/sync", group_acts.sync_all, name="groups_sync"),
    path("groups/<str:jid>", groups.group, name="group"),
    path("groups/<str:jid>/left", groups.former, name="group_former"),
    path("groups/<str:jid>/history", groups.history, name="group_history"),
    path("groups/<str:jid>/results/<int:action_id>", groups.results, name="group_results"),
    path("groups/<str:jid>/sync", group_acts.sync, name="group_sync"),
    path("groups/<str:jid>/subject", group_acts.subject, name="group_subject"),
    path("groups/<str:jid>/description", group_acts.description, name="group_description"),
    path("groups/<str:jid>/invite", group_acts.invite, name="group_invite"),
    path("groups/<str:jid>/add", group_acts.add, name="group_add"),
    path("groups/<str:jid>/remove", group_acts.remove, name="group_remove"),
    path("groups/<str:jid>/rank", group_acts.rank, name="group_rank"),
    # Media
    path("media", media.media, name="media"),
    path("media/retry", media.retry_all_media, name="retry_all_media"),
    path("media/<int:media_id>", media.media_file, name="media_file"),
    path("media/<int:media_id>/retry", media.retry_media, name="retry_media"),
    # Webhooks
    path("webhooks", webhooks.webhooks, name="webhooks"),
    path("webhooks/new", webhooks.webhook_new, name="webhook_new"),
    path("webhooks/deliveries", deliveries.deliveries, name="deliveries"),
    path("webhooks/deliveries/<int:delivery_id>", deliveries.delivery, name="delivery"),
    path("webhooks/deliveries/<int:delivery_id>/retry", deliveries.delivery_retry, name="delivery_retry"),
    path("webhooks/replay", deliveries.replay, name="replay"),
    path("webhooks/<int:webhook_id>", webhooks.webhook, name="webhook"),
    path("webhooks/<int:webhook_id>/secret", webhooks.webhook_secret, name="webhook_secret"),
    path("webhooks/<int:webhook_id>/edit", webhooks.webhook_edit, name="webhook_edit"),
    path("webhooks/<int:webhook_id>/toggle", webhooks.webhook_toggle, name="webhook_toggle"),
    path("webhooks/<int:webhook_id>/test", webhooks.webhook_test, name="webhook_test"),
    path("webhooks/<int:webhook_id>/rotate", webhooks.webhook_rotate, name="webhook_rotate"),
    path("webhooks/<int:webhook_id>/delete", webhooks.webhook_delete, name="webhook_delete"),
    # Events
    path("events", events.events, name="events"),
    path("events/<int:event_id>", events.event, name="event"),
    path("events/prune", events.events_prune, name="events_prune"),
    path("events/calls", calls.calls, name="events_calls"),
    path("events/calls/<int:call_key>/reject", calls.call_reject, name="call_reject"),
    path("events/presence", presence.presence, name="events_presence"),
    path("events/quarantine", quarantine.quarantine, name="events_quarantine"),
    path("events/quarantine/replay", quarantine.quarantine_replay, name="quarantine_replay"),
    path("events/quarantine/<int:event_id>", quarantine.quarantined, name="quarantined"),
    # Actions
    path("actions", actions.actions, name="actions"),
    path("actions/new/<slug:slug>", action_forms.new, name="new_action"),
    path("actions/new/<slug:slug>/curl", action_forms.curl, name="action_curl"),
    path("actions/<int:action_id>", actions.action, name="action"),
    path("actions/<int:action_id>/cancel", actions.cancel, name="cancel_action"),
    path("actions/<int:action_id>/retry", actions.retry, name="retry_action"),
    # Connection
    path("connection", connection.connection, name="connection"),
    path("connection/pair", connection.pair, name="connection_pair"),
    path("connection/first-message", connection.first_message, name="connection_first_message"),
    path("connection/restart", connection.restart, name="connection_restart"),
    path("connection/new-qr", connection.new_qr, name="connection_new_qr"),
    path("connection/logout", connection.logout, name="connection_logout"),
    path("connection/accounts", connection.new_account, name="new_account"),
    path("connection/remove", connection.remove_account, name="remove_account"),
    path("connection/try", connection_try.connection_try, name="connection_try"),
    # API docs
    path("docs", docs.docs, name="docs"),
    path("docs/clients", docs.clients, name="clients"),
    path("docs/<slug:tag>", docs.group, name="docs_group"),
    path("docs/<slug:tag>/<slug:name>", docs.call, name="docs_call"),
    # Settings and keys
    path("settings", settings.settings, name="settings"),
    path("settings/appearance", settings.appearance, name="appearance"),
    path("keys", keys.keys, name="keys"),
    path("keys/<int:key_id>", keys.key, name="key"),
    path("keys/<int:key_id>/revoke", keys.revoke, name="revoke_key"),
]
