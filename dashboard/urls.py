"""The routes of the dashboard. Each page's view, data and template have one name."""

from django.urls import path

from dashboard.views import (
    connection,
    connection_try,
    contacts,
    group_acts,
    groups,
    line_state,
    overview,
    settings,
    signing_in,
    statistics,
    thumbnails,
)

urlpatterns = [
    path("login", signing_in.sign_in, name="sign_in"),
    path("logout", signing_in.sign_out, name="sign_out"),
    path("line-state", line_state.line_state, name="line_state"),
    path("settings", settings.settings, name="settings"),
    path("settings/appearance", settings.appearance, name="appearance"),
    # Overview
    path("", overview.overview, name="overview"),
    # Statistics: before the chats, whose routes begin alike
    path("messages/statistics", statistics.statistics, name="message_statistics"),
    path("thumbnails/<int:media_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
    # Connection
    path("connection", connection.connection, name="connection"),
    path("connection/pair", connection.pair, name="connection_pair"),
    path("connection/first-message", connection.first_message, name="connection_first_message"),
    path("connection/restart", connection.restart, name="connection_restart"),
    path("connection/new-qr", connection.new_qr, name="connection_new_qr"),
    path("connection/logout", connection.logout, name="connection_logout"),
    path("connection/account", connection.choose_account, name="connection_account"),
    path("connection/try", connection_try.connection_try, name="connection_try"),
    # Contacts and groups
    path("contacts", contacts.contacts, name="contacts"),
    path("contacts/<str:jid>", contacts.contact, name="contact"),
    path("contacts/<str:jid>/presence", contacts.presence, name="contact_presence"),
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
]
