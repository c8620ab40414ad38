"""The routes of the hub."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from api.views import docs
from api.views.root import RootViewSet, version_1
from hub.health import HealthViewSet
from hub.monitoring import MetricsViewSet

urlpatterns = [
    path("health", HealthViewSet.as_view({"get": "health"}, schema=None)),  # described as /api/health
    path("api/health", HealthViewSet.as_view({"get": "health"})),
    path("metrics", MetricsViewSet.as_view({"get": "metrics"}, schema=None)),  # described as /api/metrics
    path("api/metrics", MetricsViewSet.as_view({"get": "metrics"})),
    path("api/docs", docs.swagger),
    path("api/redoc", docs.redoc),
    path("api", RootViewSet.as_view({"get": "summary"})),
    re_path(r"^api/v1(?P<rest>/.*)?$", version_1),
    path("api/", include("api.urls")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]

handler400 = "hub.errors.bad_request"
handler404 = "hub.errors.page_not_found"
handler500 = "hub.errors.server_error"
