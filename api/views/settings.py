"""Settings that change while the hub runs: what they are, and other values for them."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Scope
from api.errors import BadRequest
from api.filters import refuse_unknown
from api.parsers import JSONParser
from api.resources.settings import SETTINGS_ANSWER, SETTINGS_BODY, SettingsBody, SettingsSerializer
from api.schema import call
from api.views.base import ApiViewSet
from whatsapp import preferences

TAG = "settings"


class SettingViewSet(ApiViewSet):
    parser_classes = [JSONParser]
    pagination_class = None
    filter_backends = []
    is_of_account = False

    @call(
        "List the settings that change without a restart",
        tag=TAG,
        answer=SettingsSerializer,
        example=SETTINGS_ANSWER,
        operation_id="settings_list",
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request, [])
        return Response({"data": setting_records()})

    @call(
        "Change settings; null puts one back to its default",
        tag=TAG,
        answer=SettingsSerializer,
        example=SETTINGS_ANSWER,
        request=SettingsBody,
        request_example=SETTINGS_BODY,
        scope=Scope.MANAGE,
        is_of_hub=True,
        operation_id="settings_update",
    )
    def update(self, request: Request) -> Response:
        if not isinstance(request.data, Mapping) or not request.data:
            raise BadRequest(
                'The body must be an object with at least one setting, like {"logLevel": "debug"}.'
            )
        try:
            preferences.change(request.data)
        except preferences.InvalidPreferences as error:
            raise ValidationError(error.errors) from error
        return Response({"data": setting_records()})


def setting_records() -> list[dict[str, Any]]:
    """All settings as they are in the database now."""
    changed = preferences.overrides()
    return [
        {
            "key": key,
            "value": changed.get(key, setting.default),
            "defaultValue": setting.default,
            "isOverridden": key in changed,
        }
        for key, setting in preferences.SETTINGS.items()
    ]
