"""The API's description as pages to read and to try: Swagger UI and Redoc. Both come with the hub and fetch
nothing from elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

COMMON = (
    "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
)

# Swagger UI draws its icons from data addresses. It writes style attributes.
SWAGGER_POLICY = COMMON + "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
# Redoc's styles are made in the page; it searches in a worker of its own making.
REDOC_POLICY = (
    COMMON + "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:"
)


@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    return page(request, "api/docs.html", SWAGGER_POLICY)


@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    return page(request, "api/redoc.html", REDOC_POLICY)


def page(request: HttpRequest, template: str, policy: str) -> HttpResponse:
    response = render(request, template)
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "DENY"
    return response
