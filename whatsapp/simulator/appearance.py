"""Who somebody is to others: the number, the name, the picture, what they say about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neonize.exc import SetPrivacySettingError
from neonize.utils.enum import BlocklistAction, PrivacySetting, PrivacySettingType

from whatsapp.simulator.library import build_jid
from whatsapp.simulator.profiles import set_about, set_picture

if TYPE_CHECKING:
    from whatsapp.simulator.accounts import Account
    from whatsapp.simulator.person import Person
    from whatsapp.simulator.server import Simulator


class Appearance:
    """Mixed into Person: changes how others see one."""

    simulator: Simulator

    @property
    def account(self) -> Account:
        """What the server knows about this person."""
        raise NotImplementedError

    @property
    def api(self) -> Any:
        """The neonize client."""
        raise NotImplementedError

    def hides_number(self) -> None:
        """From now on nobody is told the number: stanzas carry the LID only.

        In groups that address their members by number it is still seen.
        """
        self._becomes(hidden=True, addressing="lid")

    def shows_number(self) -> None:
        """From now on the number is told beside the LID."""
        self._becomes(hidden=False)

    def changes_picture(self, data: bytes) -> str:
        """Sets a new profile picture (JPEG) and returns its id."""
        return str(self.api.set_profile_photo(data))

    def removes_picture(self) -> None:
        """Takes the profile picture away. neonize has no call for it."""
        world = self.simulator.world
        self.simulator.call(set_picture, world, self.account, self.account.devices[0], None)

    def sets_about(self, text: str) -> None:
        """Says something about oneself."""
        self.simulator.call(set_about, self.simulator.world, self.account, text)

    def becomes_business(self, name: str) -> None:
        """Has a verified name from now on; an empty one ends it."""
        self._becomes(business_name=name)

    def sets_privacy(self, name: str, value: str) -> None:
        """Changes who sees something: last, online, profile, status, readreceipts, groupadd, calladd; to all,
        contacts, contact_blacklist, match_last_seen, known or none."""
        try:
            self.api.set_privacy_setting(PrivacySettingType(name), PrivacySetting(value))
        except SetPrivacySettingError:
            # neonize 0.5.2 always fails: it takes the settings that come back for the text of an error.
            if self.account.privacy.get(name) != value:
                raise

    def denies_last_seen(self, deny: bool = True) -> None:
        """Does not say since when one is away, or does so again."""
        self.sets_privacy("last", "none" if deny else "all")

    def blocks(self, person: Person) -> None:
        """Wants to hear no more of somebody, whose messages are not delivered from now on."""
        self.api.update_blocklist(build_jid(person.number), BlocklistAction.BLOCK)

    def unblocks(self, person: Person) -> None:
        """Listens to somebody again."""
        self.api.update_blocklist(build_jid(person.number), BlocklistAction.UNBLOCK)

    def _becomes(self, **values: Any) -> None:
        def change() -> None:
            for name, value in values.items():
                setattr(self.account, name, value)

        self.simulator.call(change)
