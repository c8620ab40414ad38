"""The routes of the dashboard. Each page's view, data and template have one name."""

from django.urls import path

from dashboard.views import contacts, group_acts, groups, line_state, settings, signing_in, thumbnails

urlpatterns = [
    path("login", signing_in.sign_in, name="sign_in"),
    path("logout", signing_in.sign_out, name="sign_out"),
    path("line-state", line_state.line_state, name="line_state"),
    path("settings", settings.settings, name="settings"),
    path("settings/appearance", settings.appearance, name="appearance"),
    path("thumbnails/<int:media_id>.jpg", thumbnails.thumbnail, name="thumbnail"),
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
