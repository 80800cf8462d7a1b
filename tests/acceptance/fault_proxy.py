"""A TCP proxy that treats what passes through it as badly as a network may: late, slow, cut, silent, refused."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass


@dataclass
class Fault:
    """What happens to connections; changed while the proxy runs, it holds for what passes from then on.

    latency           seconds that every piece is held back, in both directions
    bytes_per_second  most that passes in each direction; 0 is no limit
    cut_after         connection is reset once the client has sent so many bytes; None never
    cut_answer_after  the same for the bytes that come back
    silent            nothing passes, nothing is closed (half-open)
    refuse            new connections are closed at once
    """

    latency: float = 0.0
    bytes_per_second: float = 0.0
    cut_after: int | None = None
    cut_answer_after: int | None = None
    silent: bool = False
    refuse: bool = False


class FaultProxy:
    """Listens on a free loopback port and passes on to `target`. Used inside one event loop."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.fault = Fault()
        self.port = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop_all()

    def drop_all(self) -> None:
        """Resets every connection, as a firewall that forgets its table."""
        for writer in set(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault.refuse:
            writer.transport.abort()
            return
        self.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(
                self._pass(reader, back, self.fault.cut_after), self._pass(there, writer, self.fault.cut_answer_after)
            )
        except (OSError, _Cut):
            pass
        finally:
            for one in (writer, back):
                one.transport.abort()
                self._open.discard(one)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None) -> None:
        """raises _Cut, OSError"""
        while piece := await reader.read(4096):
            while self.fault.silent:  # noqa: ASYNC110 - the fault is plain data that a test changes
                await asyncio.sleep(0.02)
            if self.fault.latency:
                await asyncio.sleep(self.fault.latency)
            if self.fault.bytes_per_second:
                await asyncio.sleep(len(piece) / self.fault.bytes_per_second)
            if left is not None and len(piece) >= left:
                writer.write(piece[:left])
                with contextlib.suppress(OSError):
                    await writer.drain()
                raise _Cut
            left = None if left is None else left - len(piece)
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


class _Cut(Exception):
    """The connection ends here."""
