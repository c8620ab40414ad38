"""People."""

from typing import Any

from rest_framework import serializers

from api.resources.fields import moment, text


class ContactSerializer(serializers.Serializer[Any]):
    jid = serializers.CharField(help_text="The phone JID where it is known, else the LID.")
    lid = text()
    name = text("What to call the person: the first known of saved, business and own name.")
    notify_name = text("The name that the person gave themself.")
    short_name = text("The first name in the phone's address book.")
    phone_number = text("Digits, with country code.")
    is_business = serializers.BooleanField()
    profile_pic_url = text("WhatsApp's own address; it expires.")
    status_text = text("The person's about text.")
    first_seen_at = moment(allow_null=False)
    updated_at = moment(allow_null=False)
    saved_name = text("The name in the phone's address book.")
    business_name = text()
    is_verified = serializers.BooleanField(help_text="WhatsApp vouches for the business's name.")
    is_blocked = serializers.BooleanField()


class ProfilePictureSerializer(serializers.Serializer[Any]):
    url = text("WhatsApp's own address of the picture, as far as it is known; it expires.")


# Examples

CONTACT = {
    "jid": "15550100@s.whatsapp.net",
    "lid": "81000000000000@lid",
    "name": "Alice Liddell",
    "notify_name": "Alice",
    "short_name": "Alice",
    "phone_number": "15550100",
    "is_business": False,
    "profile_pic_url": None,
    "status_text": "Curiouser and curiouser",
    "first_seen_at": "2024-05-01 11:58:20",
    "updated_at": "2024-05-01 12:00:01",
    "saved_name": "Alice Liddell",
    "business_name": None,
    "is_verified": False,
    "is_blocked": False,
}

PROFILE_PICTURE = {"url": "https://pps.whatsapp.net/v/t61/alice.jpg"}
