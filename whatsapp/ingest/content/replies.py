"""What people answer by pressing a button or choosing from a list."""

from whatsapp.ingest.content.records import Content, MessageType
from whatsapp.ingest.content.registry import kind
from whatsapp.ingest.content.values import json_text, lines, text
from whatsapp.protobuf import waE2E


@kind("buttonsResponseMessage")
def button_reply(part: waE2E.ButtonsResponseMessage) -> Content:
    return Content(
        MessageType.BUTTONS, text(part.selectedDisplayText), selected_id=text(part.selectedButtonID)
    )


@kind("templateButtonReplyMessage")
def template_reply(part: waE2E.TemplateButtonReplyMessage) -> Content:
    return Content(MessageType.BUTTONS, text(part.selectedDisplayText), selected_id=text(part.selectedID))


@kind("listResponseMessage")
def list_reply(part: waE2E.ListResponseMessage) -> Content:
    chosen = text(part.singleSelectReply.selectedRowID)
    return Content(MessageType.LIST, lines(part.title, part.description), selected_id=chosen)


@kind("interactiveResponseMessage")
def interactive_reply(part: waE2E.InteractiveResponseMessage) -> Content:
    flow = part.nativeFlowResponseMessage
    return Content(MessageType.BUTTONS, text(part.body.text), selected_id=json_text(flow.paramsJSON, "id"))
