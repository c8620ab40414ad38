"""Webhooks, which the owner changes here as programs do by the API; their deliveries and attempts."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db.models import QuerySet
from django.http import HttpRequest

from whatsapp.admin.base import RecordAdmin
from whatsapp.admin.columns import time_text, unix_time_text
from whatsapp.admin.editing import EditableAdmin
from whatsapp.admin.filters import one_of
from whatsapp.admin.finding import Rows, is_key
from whatsapp.admin.readable import json_text_block
from whatsapp.admin.related import Related
from whatsapp.admin.typing import ModelAdmin
from whatsapp.following import EVERYTHING, NoSuchEvents, parse_prefixes
from whatsapp.jids import InvalidJid, parse_jid
from whatsapp.models import Account, Delivery, DeliveryAttempt, Webhook
from whatsapp.models.webhook import Status
from whatsapp.webhooks import replaying, signing, subscriptions
from whatsapp.webhooks.bodies import texts_of


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]  # has none when it runs
    """What is secret is never filled in; left empty it stays as it is."""

    url = forms.CharField(max_length=2048, widget=AdminTextInputWidget(attrs={"size": 80}))
    events = forms.CharField(
        required=False,
        widget=AdminTextInputWidget(attrs={"size": 80}),
        help_text="Beginnings of types with commas between, such as wa.messages, connection. Empty: all.",
    )
    chats = forms.CharField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text="The only chats it is for, one a line: JIDs or numbers with country code. Empty: all.",
    )
    headers = forms.CharField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="Further headers, one a line: Name: value. Empty: those that there are, if any.",
    )
    secret = forms.CharField(
        required=False,
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="What deliveries are signed with. Empty: the one that there is, if any.",
    )

    class Meta:
        model = Webhook
        fields = ("url", "events", "chats", "headers", "secret", "is_active")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            self.initial["events"] = ", ".join(self.instance.events)
            self.initial["chats"] = "\n".join(self.instance.chats or ())
            self.initial["headers"] = self.initial["secret"] = ""

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            subscriptions.check_url(url)
        except subscriptions.InvalidUrl as error:
            raise forms.ValidationError(str(error)) from error
        return url

    def clean_events(self) -> list[str]:
        try:
            return list(parse_prefixes(self.cleaned_data["events"].split(",")))
        except NoSuchEvents as error:
            raise forms.ValidationError(str(error)) from error

    def clean_chats(self) -> list[str] | None:
        lines = [line.strip() for line in self.cleaned_data["chats"].splitlines() if line.strip()]
        try:
            return [parse_jid(line) for line in lines] or None
        except InvalidJid as error:
            raise forms.ValidationError(str(error)) from error

    def clean_headers(self) -> dict[str, str]:
        lines = [line for line in self.cleaned_data["headers"].splitlines() if line.strip()]
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise forms.ValidationError("Each line must be of the form Name: value.")
            headers[name.strip()] = value.strip()
        try:
            signing.require_headers(headers)
        except signing.InvalidHeaders as error:
            raise forms.ValidationError(str(error)) from error
        return headers

    def _post_clean(self) -> None:
        """The row is not touched by the form: `subscriptions` writes it, and what is secret sealed."""


class NewWebhookForm(WebhookForm):
    account = forms.ChoiceField(
        choices=lambda: choices_of_accounts(),
        initial=lambda: settings.SESSION_NAME,
        required=False,
        help_text="Whose events it gets, for good.",
    )

    class Meta(WebhookForm.Meta):
        fields = ("account", *WebhookForm.Meta.fields)  # type: ignore[assignment]  # more than before

    def clean_account(self) -> Account | None:
        name = self.cleaned_data["account"] or settings.SESSION_NAME
        return None if name == EVERYTHING else Account.objects.named(name) or Account.default()


def choices_of_accounts() -> list[tuple[str, str]]:
    names = Account.objects.kept().order_by("name").values_list("name", flat=True)
    return [*((name, name) for name in names), (EVERYTHING, "all accounts, later ones, too")]


@admin.register(Webhook)
class WebhookAdmin(EditableAdmin):
    list_display = ("id", "host", "events", "active", "last_success_at", "failing_since", "pause_reason")
    columns = {"events": lambda row: ", ".join(row.events) or EVERYTHING}
    search_fields = ("url__icontains",)
    search_help_text = "Part of the URL"
    asked = ("account", "url", "events", "chats", "headers", "secret", "is_active")
    shown = (
        *("url", "events", "chats", "headers", "header_names", "secret", "signed", "is_active", "source"),
        "account_in_words",
        *("paused", "pause_reason", "failures", "failing", "retry", "last_success", "cursor"),
        *("created", "updated"),
    )
    editable = ("url", "events", "chats", "headers", "secret", "is_active")
    form = WebhookForm
    new_form = NewWebhookForm
    related = (Related("Deliveries", Delivery, {"webhook__id__exact": "pk"}),)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is not None and not self.is_open(request, obj):
            # Sealed texts are no use to anyone.
            names = [name for name in self.shown if name not in ("events", "chats", "headers", "secret")]
            return [*names[:1], "events_in_words", "chats_in_words", *names[1:]]
        return super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return []
        own = self.editable if self.is_open(request, obj) else ("is_active",)
        return [name for name in self.get_fields(request, obj) if name not in own]

    def is_open(self, request: HttpRequest, webhook: Webhook) -> bool:
        """Whether all of it may be changed here: the environment's can only be turned off and on."""
        return webhook.source == Webhook.Source.API and self.has_change_permission(request, webhook)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is not None and not self.is_open(request, obj):
            options["form"] = SwitchForm
        return super().get_form(request, obj, change, **options)

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        values = form.cleaned_data
        secrets = {name: values[name] for name in ("headers", "secret") if values.get(name)}
        if change:
            kept = {name: values[name] for name in ("url", "events", "chats", "is_active") if name in values}
            subscriptions.edit(obj, **kept, **secrets)
            return
        made = subscriptions.create(
            values["account"], values["url"], prefixes=values["events"], chats=values["chats"], **secrets
        )
        if not values["is_active"]:
            subscriptions.turn_off(made)
        obj.__dict__.update(made.__dict__)

    # Deleting

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = ModelAdmin.has_delete_permission(self, request, obj)
        return may and (obj is None or obj.source == Webhook.Source.API)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """Without the deliveries, of which there may be very many."""
        kept = [webhook for webhook in objs if webhook.source == Webhook.Source.ENVIRONMENT]
        words = [f"{webhook}, with the log of its deliveries" for webhook in objs]
        return words, {self.opts.verbose_name_plural: len(words)}, set(), [str(webhook) for webhook in kept]

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        subscriptions.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            subscriptions.delete(webhook)

    # Columns

    @admin.display(description="host")
    def host(self, row: Webhook) -> str:
        """What is secret about a URL is often in its path."""
        return subscriptions.host_of(row)

    @admin.display(description="active", boolean=True)
    def active(self, row: Webhook) -> bool:
        return row.is_on

    @admin.display(description="account")
    def account_in_words(self, row: Webhook) -> str:
        return row.account.name if row.account is not None else "all"

    @admin.display(description="events")
    def events_in_words(self, row: Webhook) -> str:
        return ", ".join(row.events) or EVERYTHING

    @admin.display(description="chats")
    def chats_in_words(self, row: Webhook) -> str:
        return "all" if row.chats is None else ", ".join(row.chats)

    @admin.display(description="own headers")
    def header_names(self, row: Webhook) -> str:
        return ", ".join(sorted(row.headers)) or "none"

    @admin.display(description="signed", boolean=True)
    def signed(self, row: Webhook) -> bool:
        return row.secret is not None

    @admin.display(description="paused at")
    def paused(self, row: Webhook) -> str | None:
        return unix_time_text(row.paused_at, 1000)

    @admin.display(description="failing since")
    def failing(self, row: Webhook) -> str | None:
        return unix_time_text(row.failing_since, 1000)

    @admin.display(description="tried again at")
    def retry(self, row: Webhook) -> str | None:
        return unix_time_text(row.retry_at, 1000)

    @admin.display(description="last success at")
    def last_success(self, row: Webhook) -> str | None:
        return unix_time_text(row.last_success_at, 1000)

    @admin.display(description="created at")
    def created(self, row: Webhook) -> str | None:
        return time_text(row.created_at)

    @admin.display(description="updated at")
    def updated(self, row: Webhook) -> str | None:
        return time_text(row.updated_at)


class SwitchForm(forms.ModelForm):  # type: ignore[type-arg]  # has none when it runs
    """Of a webhook that the environment decides about."""

    class Meta:
        model = Webhook
        fields = ("is_active",)

    def _post_clean(self) -> None:
        """As above."""


def body_of(delivery: Delivery) -> str | None:
    text = texts_of([delivery])[delivery.pk]
    return json_text_block(text) if text is not None else None


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ("id", "webhook", "event_type", "status", "attempts", "last_attempt_at", "last_error")
    list_filter = (one_of("status", Status.values),)
    search_fields = ("event_id",)
    search_help_text = "The number of an event"
    columns = {"payload": body_of}
    related = (Related("Attempts", DeliveryAttempt, {"delivery__id__exact": "pk"}),)
    actions = ("retry",)

    def find(self, rows: Rows, text: str) -> Rows:
        webhooks = list(Webhook.objects.values_list("pk", flat=True))  # the index begins with them
        return rows.filter(webhook__in=webhooks, event_id=int(text)) if is_key(text) else rows.none()

    @admin.action(description="Send again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        """The chosen deliveries are tried at once."""
        number = 0
        for delivery in queryset.order_by("event_id"):
            try:
                replaying.retry(delivery)
            except replaying.NotAgain as error:
                self.message_user(request, f"{delivery}: {error}", messages.WARNING)
            else:
                number += 1
        self.message_user(request, f"{number} deliveries are sent again.", messages.SUCCESS)


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(RecordAdmin):
    list_display = ("id", "delivery", "number", "at", "status_code", "duration_ms", "error")
    search_fields = ("delivery",)
    search_help_text = "The number of a delivery"

    def find(self, rows: Rows, text: str) -> Rows:
        return rows.filter(delivery=int(text)) if is_key(text) else rows.none()
