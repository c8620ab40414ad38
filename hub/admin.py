"""What Django's own admin shows that the hub has no use for."""

from django.contrib import admin
from django.contrib.auth.models import Group

# Groups of permissions. In this hub a group is one of WhatsApp's.
admin.site.unregister(Group)
