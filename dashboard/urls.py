"""The routes of the dashboard. Each page's view, data and template have one name."""

from django.urls import path

from dashboard.views import (
    connection,
    connection_try,
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
]
