"""Newsletters. Their messages are in the chats with the same JIDs."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFound
from api.filters import refuse_unknown
from api.record_filters import NewsletterFilter
from api.resources.newsletters import NEWSLETTER, NewsletterSerializer
from api.schema import call, in_path
from api.views.base import ApiViewSet
from api.views.messages import parsed_jid
from whatsapp.models import Newsletter
from whatsapp.records import NEWSLETTER as NEWSLETTER_SHAPE
from whatsapp.records import newsletter_record

TAG = "newsletters"


class NewsletterViewSet(ApiViewSet):
    queryset = Newsletter.objects.all()
    filterset_class = NewsletterFilter
    serializer_class = NewsletterSerializer
    chat_jid_path = "jid"

    @call("List newsletters", tag=TAG, answer=NewsletterSerializer(many=True), example=NEWSLETTER)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("jid"), NEWSLETTER_SHAPE)

    @call(
        "Get a newsletter",
        tag=TAG,
        answer=NewsletterSerializer,
        example=NEWSLETTER,
        errors=(400, 404),
        parameters=[in_path("jid", "The newsletter's JID.")],
    )
    def retrieve(self, request: Request, jid: str) -> Response:
        refuse_unknown(request, [])
        newsletter: Newsletter | None = self.get_queryset().filter(jid=parsed_jid("jid", jid)).first()
        if newsletter is None:
            raise NotFound("Newsletter not found")
        return Response(newsletter_record(newsletter))
