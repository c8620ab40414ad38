"""Small pictures of files."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard.access import owner_page
from dashboard.requests import Request
from whatsapp.models import Media

DAY = 86_400  # seconds


@require_safe
@owner_page
def thumbnail(request: Request, media_id: int) -> HttpResponseBase:
    """The JPEG that goes with a file from the moment its message comes: the sender's, else the hub's own.

    It never changes into another one; a thumbnail of the hub's own making comes when there was none.
    """
    found = Media.objects.filter(pk=media_id, account=request.account).values_list("thumbnail", flat=True)
    picture = found.first()
    if not picture:
        raise Http404
    headers = {"Cache-Control": f"private, max-age={DAY}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(picture), content_type="image/jpeg", headers=headers)
