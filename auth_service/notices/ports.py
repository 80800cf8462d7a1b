"""What the sender asks of a connector."""

from __future__ import annotations

from typing import Protocol

from auth_service.notices.notice import Delivery, Outgoing


class NoticeSender(Protocol):
    """Hands one message over. Threads do not share it."""

    def send(self, message: Outgoing) -> Delivery:
        """May be called again with the same id, and then with the same content. Raises nothing that it can name."""
        ...
