"""Groups: the list, and one with who is in it."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFound
from api.filters import refuse_unknown
from api.pagination import LongestPage
from api.record_filters import GroupFilter
from api.resources.groups import GROUP, GROUP_DETAIL, GroupDetailSerializer, GroupSerializer
from api.schema import call, in_path
from api.views.base import ApiViewSet
from api.views.messages import parsed_jid
from whatsapp.models import Group, GroupParticipant
from whatsapp.records import GROUP as GROUP_SHAPE
from whatsapp.records import PARTICIPANT, group_record
from whatsapp.shapes import Record

TAG = "groups"
RANKS = [GroupParticipant.Role.SUPERADMIN, GroupParticipant.Role.ADMIN, GroupParticipant.Role.MEMBER]


class GroupViewSet(ApiViewSet):
    queryset = Group.objects.all()
    filterset_class = GroupFilter
    pagination_class = LongestPage
    serializer_class = GroupSerializer
    chat_jid_path = "jid"

    @call("List groups, by name", tag=TAG, answer=GroupSerializer(many=True), example=GROUP)
    def list(self, request: Request) -> Response:
        groups: Any = self.get_queryset()
        return self.page(groups.by_name(), GROUP_SHAPE)

    @call(
        "Get a group with who is in it",
        tag=TAG,
        answer=GroupDetailSerializer,
        example=GROUP_DETAIL,
        errors=(400, 404),
        parameters=[in_path("jid", "The group's JID.")],
    )
    def retrieve(self, request: Request, jid: str) -> Response:
        refuse_unknown(request, [])
        groups: Any = self.get_queryset()
        group = groups.addressed(parsed_jid("jid", jid)).select_related("owner").first()
        if group is None:
            raise NotFound("Group not found")
        return Response({**group_record(group), "participants": participant_records(group)})


def participant_records(group: Group) -> list[Record]:
    """Who is in the group now: owners first, then admins."""
    present = GroupParticipant.objects.filter(group=group, is_present=True)
    records = PARTICIPANT.of_rows(present.values_list(*PARTICIPANT.columns))
    return sorted(records, key=lambda one: (RANKS.index(one["role"]), one["participant_jid"]))
