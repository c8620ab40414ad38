"""The routes of the hub."""

urlpatterns: list = []
