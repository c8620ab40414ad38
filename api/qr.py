"""QR codes as pictures."""

import base64
from functools import lru_cache
from io import BytesIO

import segno
from PIL import Image

PIXELS = 400
QUIET_ZONE = 4  # modules of white that the standard wants on each side


@lru_cache(maxsize=4)
def png(text: str) -> bytes:
    """A black and white PNG of 400 by 400 pixels."""
    code = segno.make(text, error="m", micro=False)
    modules = int(code.symbol_size(border=0)[0])
    scale = PIXELS // (modules + 2 * QUIET_ZONE)
    drawn = BytesIO()
    code.save(drawn, kind="png", scale=scale, border=0)
    image = Image.new("L", (PIXELS, PIXELS), 255)
    margin = (PIXELS - modules * scale) // 2
    image.paste(Image.open(drawn).convert("L"), (margin, margin))
    picture = BytesIO()
    image.convert("1").save(picture, format="PNG", optimize=True)
    return picture.getvalue()


def data_url(text: str) -> str:
    return "data:image/png;base64," + base64.b64encode(png(text)).decode()
