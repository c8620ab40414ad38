"""Settings that are changed while the session runs: it follows within a second, whoever changes them."""

from tests.session import pictures
from tests.session.conftest import SessionProcess
from tests.waiting import eventually
from whatsapp import preferences
from whatsapp.models import Media, Presence
from whatsapp.simulator import Simulator
from whatsapp.simulator.mail import Sent
from whatsapp.simulator.person import Person
from whatsapp.simulator.phone import Phone

SOON = 2.0  # seconds, for a machine under load


def status_of(sent: Sent) -> str:
    return eventually(
        lambda: (
            (
                (media := Media.objects.filter(message__message_id=sent.id).first())
                and media.download_status != Media.Status.PENDING
                and media.download_status
            )
            or None
        ),
        "what becomes of the file",
    )


def follows(session: SessionProcess, **changes: object) -> None:
    """Changes settings, and waits until the session's log shows that it has read them."""
    level = "debug" if preferences.get("logLevel") == "trace" else "trace"
    words = f"The log level is {level} now"

    def told() -> int:
        return session.log.read_text(errors="replace").count(words)

    before = told()
    preferences.change({**changes, "logLevel": level})
    eventually(lambda: told() > before, words, SOON)


def test_files_are_fetched_or_left_as_the_setting_says_now(
    session: SessionProcess, alice: Person, olivia: Phone
) -> None:
    assert status_of(alice.send_image(olivia, pictures.jpeg("red"))) == Media.Status.DOWNLOADED
    follows(session, autoDownloadMedia=False)
    assert status_of(alice.send_image(olivia, pictures.jpeg("green"))) == Media.Status.SKIPPED
    follows(session, autoDownloadMedia=None, maxMediaSizeMB=1)
    assert status_of(alice.send_image(olivia, pictures.jpeg("blue"))) == Media.Status.DOWNLOADED
    large = alice.send_document(olivia, b"x" * 1_100_000, "large.bin", mime_type="application/octet-stream")
    assert status_of(large) == Media.Status.SKIPPED


def test_others_see_us_online_only_while_presence_is_followed(
    session: SessionProcess, simulator: Simulator, alice: Person, olivia: Phone
) -> None:
    alice.send_text(olivia, "hello")
    session.waits_for_message("hello")
    alice.goes_online()
    eventually(lambda: Presence.objects.filter(is_online=True).exists(), "Alice online")
    assert olivia.account.available

    preferences.change({"trackPresence": False})
    eventually(lambda: not olivia.account.available, "Olivia offline", SOON)
    alice.goes_offline()

    preferences.change({"trackPresence": True})
    eventually(lambda: olivia.account.available, "Olivia online again", SOON)
    eventually(lambda: Presence.objects.filter(is_online=False).exists(), "Alice offline, asked for anew")
