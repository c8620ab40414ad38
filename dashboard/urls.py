"""The routes of the dashboard. Each page's view, data and template have one name."""

from django.urls import path

from dashboard.views import line_state, message_acts, messages, settings, signing_in, thumbnails

urlpatterns = [
    path("login", signing_in.sign_in, name="sign_in"),
    path("logout", signing_in.sign_out, name="sign_out"),
    path("line-state", line_state.line_state, name="line_state"),
    path("settings", settings.settings, name="settings"),
    path("settings/appearance", settings.appearance, name="appearance"),
    path("thumbnails/<int:media_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
    # Messages: the conversations, after search and statistics
    path("messages", messages.messages, name="messages"),
    path("messages/<str:jid>", messages.conversation_with, name="conversation"),
    path("messages/<str:jid>/bubbles", messages.bubbles, name="bubbles"),
    path("messages/<str:jid>/send", message_acts.send, name="send"),
    path("messages/<str:jid>/read", message_acts.read, name="mark_read"),
    path("messages/<str:jid>/acts/<int:act>/<str:verb>", message_acts.pending_act, name="pending_act"),
    path("messages/<str:jid>/<int:key>", message_acts.message, name="message"),
    path("messages/<str:jid>/<int:key>/react", message_acts.react, name="react"),
    path("messages/<str:jid>/<int:key>/star", message_acts.star, name="star"),
    path("messages/<str:jid>/<int:key>/edit", message_acts.edit, name="edit_message"),
    path("messages/<str:jid>/<int:key>/delete", message_acts.delete, name="delete_message"),
    path("messages/<str:jid>/<int:key>/forward", message_acts.forward, name="forward_message"),
    path("messages/<str:jid>/<int:key>/file", message_acts.retry_file, name="retry_file"),
]
