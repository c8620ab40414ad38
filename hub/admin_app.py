"""The hub's own admin in place of Django's."""

from django.contrib.admin.apps import AdminConfig


class HubAdminConfig(AdminConfig):
    default_site = "hub.site.HubSite"
