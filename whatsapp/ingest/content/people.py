"""Contacts and invitations."""

from whatsapp.ingest.content.records import ContactCard, Content, Invite, MessageType
from whatsapp.ingest.content.registry import kind
from whatsapp.ingest.content.values import LAST_SECOND, number, text
from whatsapp.ingest.content.vcard import parse_vcard
from whatsapp.protobuf import waE2E


@kind("contactMessage")
def contact(part: waE2E.ContactMessage) -> Content:
    card = contact_card(part)
    return Content(MessageType.CONTACT, card.name, contacts=(card,))


@kind("contactsArrayMessage")
def contacts(part: waE2E.ContactsArrayMessage) -> Content:
    cards = tuple(contact_card(one) for one in part.contacts)
    names = ", ".join(card.name for card in cards if card.name)
    return Content(MessageType.CONTACT, names or text(part.displayName), contacts=cards)


def contact_card(part: waE2E.ContactMessage) -> ContactCard:
    vcard, name = text(part.vcard), text(part.displayName)
    return parse_vcard(vcard, name) if vcard else ContactCard(name)


@kind("groupInviteMessage")
def group_invite(part: waE2E.GroupInviteMessage) -> Content:
    return Content(
        MessageType.GROUP_INVITE,
        text(part.caption) or text(part.groupName),
        invite=Invite(
            jid=text(part.groupJID),
            name=text(part.groupName),
            code=text(part.inviteCode),
            expiration=number(part, "inviteExpiration", LAST_SECOND),
        ),
    )


@kind("newsletterAdminInviteMessage", "newsletterFollowerInviteMessageV2")
def newsletter_invite(
    part: waE2E.NewsletterAdminInviteMessage | waE2E.NewsletterFollowerInviteMessage,
) -> Content:
    return Content(
        MessageType.NEWSLETTER,
        text(part.caption) or text(part.newsletterName),
        invite=Invite(
            jid=text(part.newsletterJID),
            name=text(part.newsletterName),
            expiration=number(part, "inviteExpiration", LAST_SECOND),
        ),
    )
