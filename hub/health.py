"""Is the hub alive? For supervisors and monitors; no key is needed, and nothing private is said."""

import time

from rest_framework.request import Request
from rest_framework.response import Response

from api.resources.service import HEALTH, HealthSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp import health


class HealthViewSet(ApiViewSet):
    authentication_classes = []
    permission_classes = []
    pagination_class = None
    filter_backends = []
    is_of_account = False

    @call(
        "Tell whether the hub is alive",
        tag="service",
        answer=HealthSerializer,
        example=HEALTH,
        errors=(503,),
        key=False,
        operation_id="service_health",
    )
    def health(self, request: Request) -> Response:
        return Response(health.state(int(time.time())))
