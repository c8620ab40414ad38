"""Counts of all that is stored."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import refuse_unknown
from api.resources.stats import STATS, StatsSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp import stats
from whatsapp.models import Call, Chat, Contact, Group


class StatsViewSet(ApiViewSet):
    pagination_class = None

    @call("Count everything", tag="stats", answer=StatsSerializer, example=STATS)
    def overview(self, request: Request) -> Response:
        refuse_unknown(request, [])
        account = self.account
        return Response(
            {
                "messages": stats.of_messages(account),
                "contacts": Contact.objects.filter(account=account).count(),
                "groups": Group.objects.filter(account=account).count(),
                "media": stats.of_media(stats.files_of_account(account)),
                "calls": Call.objects.filter(account=account).count(),
                "chats": Chat.objects.filter(account=account).count(),
            }
        )
