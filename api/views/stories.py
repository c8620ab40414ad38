"""Stories: the list, and one with who has seen it."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFound
from api.filters import refuse_unknown
from api.record_filters import StoryFilter
from api.resources.stories import STORY, STORY_DETAIL, StoryDetailSerializer, StorySerializer
from api.schema import call, in_path
from api.views.base import ApiViewSet
from whatsapp.models import Story, StoryView
from whatsapp.records import STORY as STORY_SHAPE
from whatsapp.records import STORY_VIEWER, story_record
from whatsapp.shapes import Record

TAG = "stories"


class StoryViewSet(ApiViewSet):
    queryset = Story.objects.all()
    filterset_class = StoryFilter
    serializer_class = StorySerializer
    has_account_index = False

    @call("List stories, newest first", tag=TAG, answer=StorySerializer(many=True), example=STORY)
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().order_by("-id"), STORY_SHAPE)

    @call(
        "Get a story with who has seen it",
        tag=TAG,
        answer=StoryDetailSerializer,
        example=STORY_DETAIL,
        errors=(400, 404),
        parameters=[in_path("story_id", "WhatsApp's id of the post.")],
    )
    def retrieve(self, request: Request, story_id: str) -> Response:
        refuse_unknown(request, [])
        stories = self.get_queryset().select_related("sender", "media").defer("raw", "media__thumbnail")
        story: Story | None = stories.filter(message_id=story_id).order_by("-id").first()
        if story is None:
            raise NotFound("Story not found")
        record = story_record(story, getattr(story, "media", None))
        return Response({**record, "viewers": viewer_records(story) if story.from_me else []})


def viewer_records(story: Story) -> list[Record]:
    """Who has got or seen it, the first first."""
    views = StoryView.objects.filter(account=story.account_id, message_id=story.message_id)
    records = STORY_VIEWER.of_rows(views.values_list(*STORY_VIEWER.columns))
    return sorted(records, key=lambda one: (one["viewed_at"] or "9", one["delivered_at"] or "9", one["jid"]))
