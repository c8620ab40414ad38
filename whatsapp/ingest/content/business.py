"""What companies send: buttons, lists, templates, products, orders and payments."""

from collections.abc import Iterable, Iterator

from whatsapp.ingest.content.media import attachment, header_attachment
from whatsapp.ingest.content.parser import parse_content
from whatsapp.ingest.content.records import Content, MediaContent, MessageType
from whatsapp.ingest.content.registry import kind, within
from whatsapp.ingest.content.values import has, json_text, key, lines, money, text
from whatsapp.protobuf import waE2E


def buttons_line(labels: Iterable[str | bytes | None]) -> str | None:
    """`[Yes] [No]`: the buttons as one line of text."""
    return " ".join(f"[{label}]" for value in labels if (label := text(value))) or None


@kind("buttonsMessage")
def buttons(part: waE2E.ButtonsMessage) -> Content:
    labels = (button.buttonText.displayText for button in part.buttons)
    return Content(
        MessageType.BUTTONS,
        lines(part.text, part.contentText, part.footerText, buttons_line(labels)),
        media=header_attachment(part),
    )


@kind("listMessage")
def choices(part: waE2E.ListMessage) -> Content:
    rows = (line for section in part.sections for line in _section_lines(section))
    return Content(
        MessageType.LIST,
        lines(part.title, part.description, part.footerText, buttons_line([part.buttonText]), *rows),
    )


def _section_lines(section: waE2E.ListMessage.Section) -> Iterator[str | bytes]:
    yield section.title
    for row in section.rows:
        yield row.title
        yield row.description


@kind("templateMessage")
def template(part: waE2E.TemplateMessage) -> Content:
    """A template in whichever of its four forms it comes."""
    if has(part, "interactiveMessageTemplate"):
        return within("interactiveMessageTemplate", interactive(part.interactiveMessageTemplate))
    if has(part, "fourRowTemplate"):
        return within("fourRowTemplate", four_row_template(part.fourRowTemplate))
    form = "hydratedFourRowTemplate" if has(part, "hydratedFourRowTemplate") else "hydratedTemplate"
    return within(form, hydrated_template(getattr(part, form)))


def hydrated_template(part: waE2E.TemplateMessage.HydratedFourRowTemplate) -> Content:
    # Only one of a button's three forms is set; the others read as empty.
    labels = (
        button.quickReplyButton.displayText or button.urlButton.displayText or button.callButton.displayText
        for button in part.hydratedButtons
    )
    return Content(
        MessageType.BUTTONS,
        lines(
            part.hydratedTitleText, part.hydratedContentText, part.hydratedFooterText, buttons_line(labels)
        ),
        media=header_attachment(part),
    )


def four_row_template(part: waE2E.TemplateMessage.FourRowTemplate) -> Content:
    rows = (structured(row).body for row in (part.highlyStructuredMessage, part.content, part.footer))
    return Content(MessageType.BUTTONS, lines(*rows), media=header_attachment(part))


@kind("highlyStructuredMessage")
def structured(part: waE2E.HighlyStructuredMessage) -> Content:
    """A template that the phone was to fill in; its own wording is not in the message."""
    if has(part, "hydratedHsm"):
        return within("hydratedHsm", template(part.hydratedHsm))
    return Content(MessageType.BUTTONS, lines(*part.params))


@kind("interactiveMessage")
def interactive(part: waE2E.InteractiveMessage) -> Content:
    cards = (interactive(card).body for card in part.carouselMessage.cards)
    flow = part.nativeFlowMessage
    labels = (json_text(button.buttonParamsJSON, "display_text") for button in flow.buttons)
    header = part.header
    return Content(
        MessageType.BUTTONS,
        lines(
            header.title,
            header.subtitle,
            product(header.productMessage).body,
            part.body.text,
            part.footer.text,
            buttons_line(labels),
            *cards,
        ),
        media=header_attachment(header, "header"),
    )


@kind("productMessage")
def product(part: waE2E.ProductMessage) -> Content:
    catalog, item = part.catalog, part.product
    price = money(item.priceAmount1000, 1000, item.currencyCode) if has(item, "priceAmount1000") else None
    return Content(
        MessageType.PRODUCT,
        lines(
            item.title, item.description, price, catalog.title, catalog.description, part.body, part.footer
        ),
        media=_product_picture(part),
    )


def _product_picture(part: waE2E.ProductMessage) -> MediaContent | None:
    if has(part.product, "productImage"):
        return attachment(part.product.productImage, "product.productImage")
    if has(part.catalog, "catalogImage"):
        return attachment(part.catalog.catalogImage, "catalog.catalogImage")
    return None


@kind("orderMessage")
def order(part: waE2E.OrderMessage) -> Content:
    total = (
        money(part.totalAmount1000, 1000, part.totalCurrencyCode) if has(part, "totalAmount1000") else None
    )
    return Content(MessageType.ORDER, lines(part.orderTitle, part.message, total))


@kind("sendPaymentMessage")
def payment(part: waE2E.SendPaymentMessage) -> Content:
    return Content(
        MessageType.PAYMENT, parse_content(part.noteMessage).body, target=key(part, "requestMessageKey")
    )


@kind("requestPaymentMessage")
def payment_request(part: waE2E.RequestPaymentMessage) -> Content:
    if has(part, "amount"):
        amount = _amount(part.amount)
    else:
        amount = money(part.amount1000, 1000, part.currencyCodeIso4217) if has(part, "amount1000") else None
    return Content(MessageType.PAYMENT, lines(parse_content(part.noteMessage).body, amount))


@kind("declinePaymentRequestMessage", "cancelPaymentRequestMessage")
def payment_request_end(
    part: waE2E.DeclinePaymentRequestMessage | waE2E.CancelPaymentRequestMessage,
) -> Content:
    return Content(MessageType.PAYMENT, target=key(part))


@kind("invoiceMessage")
def invoice(part: waE2E.InvoiceMessage) -> Content:
    return Content(MessageType.PAYMENT, text(part.note))


@kind("paymentReminderMessage")
def payment_reminder(part: waE2E.PaymentReminderMessage) -> Content:
    return Content(MessageType.PAYMENT, lines(part.description, _amount(part.amount)))


@kind("splitPaymentMessage")
def split_payment(part: waE2E.SplitPaymentMessage) -> Content:
    return Content(MessageType.PAYMENT, lines(part.description, _amount(part.totalAmount)))


@kind("paymentInviteMessage", "splitPaymentUpdateMessage")
def payment_notice(part: waE2E.PaymentInviteMessage | waE2E.SplitPaymentUpdateMessage) -> Content:
    return Content(MessageType.PAYMENT)


def _amount(amount: waE2E.Money) -> str | None:
    return money(amount.value, amount.offset or 1, amount.currencyCode) if has(amount, "value") else None
