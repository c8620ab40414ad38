"""The routes of the dashboard. Each page's view, data and template have one name."""

from django.urls import path

from dashboard.views import choosing, line_state, search, settings, signing_in, thumbnails

urlpatterns = [
    path("login", signing_in.sign_in, name="sign_in"),
    path("logout", signing_in.sign_out, name="sign_out"),
    path("line-state", line_state.line_state, name="line_state"),
    path("settings", settings.settings, name="settings"),
    path("settings/appearance", settings.appearance, name="appearance"),
    path("choose", choosing.choose, name="choose"),
    path("messages/search", search.search, name="search"),
    path("thumbnails/<int:media_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
]
