"""The routes of the dashboard. Each page's view, data and template have one name."""

from django.urls import path

from dashboard.views import (
    action_forms,
    actions,
    choosing,
    docs,
    keys,
    line_state,
    settings,
    signing_in,
    thumbnails,
)

urlpatterns = [
    path("login", signing_in.sign_in, name="sign_in"),
    path("logout", signing_in.sign_out, name="sign_out"),
    path("line-state", line_state.line_state, name="line_state"),
    path("settings", settings.settings, name="settings"),
    path("settings/appearance", settings.appearance, name="appearance"),
    path("choose", choosing.choose, name="choose"),
    # Actions
    path("actions", actions.actions, name="actions"),
    path("actions/new/<slug:slug>", action_forms.new, name="new_action"),
    path("actions/new/<slug:slug>/curl", action_forms.curl, name="action_curl"),
    path("actions/<int:action_id>", actions.action, name="action"),
    path("actions/<int:action_id>/cancel", actions.cancel, name="cancel_action"),
    path("actions/<int:action_id>/retry", actions.retry, name="retry_action"),
    # API docs
    path("docs", docs.docs, name="docs"),
    path("docs/clients", docs.clients, name="clients"),
    path("docs/<slug:tag>", docs.group, name="docs_group"),
    path("docs/<slug:tag>/<slug:name>", docs.call, name="docs_call"),
    # Keys
    path("keys", keys.keys, name="keys"),
    path("keys/<int:key_id>", keys.key, name="key"),
    path("keys/<int:key_id>/revoke", keys.revoke, name="revoke_key"),
    path("thumbnails/<int:media_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
]
