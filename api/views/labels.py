"""Labels, and what they are on."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.record_filters import LabelAssociationFilter
from api.resources.labels import (
    LABEL,
    LABEL_ASSOCIATION,
    LabelAssociationSerializer,
    LabelSerializer,
)
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp.models import Label, LabelAssociation
from whatsapp.records import LABEL as LABEL_SHAPE
from whatsapp.records import LABEL_ASSOCIATION as LABEL_ASSOCIATION_SHAPE

TAG = "labels"


class LabelViewSet(ApiViewSet):
    queryset = Label.objects.all()
    serializer_class = LabelSerializer

    @call("List labels", tag=TAG, answer=LabelSerializer(many=True), example=LABEL)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("label_id"), LABEL_SHAPE)


class LabelAssociationViewSet(ApiViewSet):
    queryset = LabelAssociation.objects.all()
    filterset_class = LabelAssociationFilter
    serializer_class = LabelAssociationSerializer
    account_path = "label__account"
    chat_path = "chat"
    has_account_index = False

    @call(
        "List what labels are on, the newest first",
        tag=TAG,
        answer=LabelAssociationSerializer(many=True),
        example=LABEL_ASSOCIATION,
        operation_id="labels_associations_list",
    )
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("-id"), LABEL_ASSOCIATION_SHAPE)
