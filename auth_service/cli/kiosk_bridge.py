"""`kiosk bridge`: a terminal's hardware, simulated, for demonstrations and for whoever builds the real one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from auth_service.cli.speak import Voice, speaking
from auth_service.connectors.kiosk_bridge import HOST, PORT, Bridge, Reader, card_of, secret_in
from auth_service.core.errors import FieldInvalid, ServiceError
from auth_service.settings import load_settings

kiosk = typer.Typer(no_args_is_help=True, help="自助终端 — self-service terminals.")


@kiosk.command("bridge")
def bridge(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="folder of simulated cards, one JSON each")
    ],
    origin: Annotated[str, typer.Option(help="origin of the kiosk's page; the public address when empty")] = "",
    port: Annotated[int, typer.Option(min=1024, max=65535)] = PORT,
    put: Annotated[str, typer.Option(help="name of a card that lies on the reader from the start")] = "",
) -> None:
    """Answer a kiosk's page in the place of its hardware. Type a card's name and Enter to put it on the reader.

    FOLDER/NAME.json: {"id_number": "...", "name": "...", "portrait": "NAME.jpg"}; the photo lies beside it. Slips and
    calls for staff are shown here; nothing is kept.
    """
    with speaking(as_json=False) as voice:
        place = folder.resolve()
        reader = Reader()
        made = Bridge(
            origin or load_settings().public_url.rstrip("/"), secret_in(place), reader,
            lambda slip: _printed(voice, slip), lambda: voice.both("[bold]呼叫工作人员[/]", "Staff are called"),
        )  # fmt: skip
        if put:
            reader.put(card_of(place, put))
        _serve(voice, made, port, place)


def _serve(voice: Voice, made: Bridge, port: int, place: Path) -> None:
    """Until the input ends or somebody interrupts. raises FieldInvalid: the port is taken"""
    try:
        server = made.serve(port)
    except OSError as taken:
        raise FieldInvalid(str(taken), field="port") from taken
    threading.Thread(target=server.serve_forever, daemon=True).start()
    voice.both(
        f"模拟外设在 http://{HOST}:{server.server_port} 等待 {escape(made.origin)}，配对密码 {escape(made.secret)}",
        f"Simulated hardware at http://{HOST}:{server.server_port} for {escape(made.origin)}; pairing secret as above",
    )
    try:
        for line in sys.stdin:
            if line.strip():
                _put(voice, made.reader, place, line.strip())
    except KeyboardInterrupt:
        voice.say("")
    finally:
        server.shutdown()
        server.server_close()


def _put(voice: Voice, reader: Reader, place: Path, name: str) -> None:
    try:
        reader.put(card_of(place, name))
        voice.both(f"{escape(name)} 放在读卡区", f"{escape(name)} lies on the reader")
    except ServiceError as wrong:
        voice.error(wrong)


def _printed(voice: Voice, slip: Mapping[str, Any]) -> None:
    voice.plain("\n".join(["-" * 40, slip["title"], *(f"{label}: {value}" for label, value in slip["lines"])]))
    voice.plain("\n".join([*([f"[QR] {slip['qr']}"] if slip["qr"] else []), slip["note"], "-" * 40]))
