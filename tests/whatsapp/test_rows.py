"""Rows that are made without Django's constructor are the same rows."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model

from tests.builders import build_chat, build_message
from whatsapp.models import Media, Message, Receipt
from whatsapp.rows import loaded, made

MODELS = [model for model in apps.get_app_config("whatsapp").get_models() if model._meta.managed]


def values_of(row: Model) -> dict[str, Any]:
    """By attribute; what only the moment of making decides is left out."""
    moments = {field.attname for field in row._meta.concrete_fields if getattr(field, "auto_now_add", False)}
    return {name: value for name, value in vars(row).items() if name != "_state" and name not in moments}


@pytest.mark.parametrize("model", MODELS)
def test_a_made_row_begins_as_djangos_own(model: type[Model]) -> None:
    ours, own = made(model), model()
    assert values_of(ours).keys() == values_of(own).keys()
    assert {name: value for name, value in values_of(ours).items() if not callable_default(model, name)} == {
        name: value for name, value in values_of(own).items() if not callable_default(model, name)
    }
    assert (ours._state.adding, ours._state.db) == (own._state.adding, own._state.db)


def callable_default(model: type[Model], name: str) -> bool:
    return any(callable(field.default) for field in model._meta.concrete_fields if field.attname == name)


@pytest.mark.django_db
def test_a_made_row_points_to_what_it_was_given() -> None:
    message = build_message()
    receipt = made(Receipt, chat=message.chat, contact=message.sender, message_id="A")
    assert (receipt.chat_id, receipt.contact_id) == (message.chat_id, message.sender_id)
    assert receipt.chat is message.chat

    file = made(Media, message=message, account=message.account, kind="image")
    assert message.media is file


def test_each_row_has_its_own_of_what_can_be_changed() -> None:
    from whatsapp.models import Newsletter

    one, other = made(Newsletter), made(Newsletter)
    one.set_at["name"] = 1
    assert other.set_at == {}


def test_what_a_model_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="Receipt has no emoji"):
        made(Receipt, emoji="👍")


@pytest.mark.django_db
def test_a_loaded_row_is_the_stored_one() -> None:
    chat = build_chat()
    values = type(chat).objects.values_list().get(pk=chat.pk)
    row = loaded(type(chat), values)
    assert row == chat
    assert values_of(row) == values_of(type(chat).objects.get(pk=chat.pk))
    row.name = "changed"
    row.save()
    assert type(chat).objects.get().name == "changed"
    assert Message.objects.count() == 0
