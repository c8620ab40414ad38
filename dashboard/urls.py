"""The routes of the dashboard. Each page's view, data and template have one name."""

from django.urls import path

from dashboard.views import (
    calls,
    deliveries,
    events,
    line_state,
    presence,
    quarantine,
    settings,
    signing_in,
    thumbnails,
    webhooks,
)

urlpatterns = [
    path("login", signing_in.sign_in, name="sign_in"),
    path("logout", signing_in.sign_out, name="sign_out"),
    path("line-state", line_state.line_state, name="line_state"),
    path("settings", settings.settings, name="settings"),
    path("settings/appearance", settings.appearance, name="appearance"),
    path("thumbnails/<int:media_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
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
]
