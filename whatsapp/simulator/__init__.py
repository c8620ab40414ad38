"""A WhatsApp server on loopback that the real neonize library pairs with and talks through.

For tests and for ``make demo``. ``trust`` can be imported at any time; ``Simulator`` loads neonize, so
``trust.prepare`` must come first::

    from whatsapp.simulator import trust
    trust.prepare(directory)
    from whatsapp.simulator import Simulator
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whatsapp.simulator.certificates import Authority

if TYPE_CHECKING:
    from whatsapp.simulator.demo import Demo
    from whatsapp.simulator.server import Simulator

__all__ = ["Authority", "Demo", "Simulator"]


def __getattr__(name: str) -> Any:
    """Loads what needs neonize when it is asked for."""
    if name == "Simulator":
        from whatsapp.simulator.server import Simulator

        return Simulator
    if name == "Demo":
        from whatsapp.simulator.demo import Demo

        return Demo
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
