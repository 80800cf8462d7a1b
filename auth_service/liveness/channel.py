"""Layer CHANNEL: signs of a virtual camera, or of frames that a program sent. Advice alone; it never refuses anybody.

Everything here is said by the other side and can be forged: it finds the careless, and what looks odd is a note for the
reviewer. An old phone or a browser against tracking looks odd too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from auth_service.capture.challenge import Challenge
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures

VERSION = "channel 1"

_VIRTUAL = re.compile(
    r"virtual|\bobs\b|manycam|snap ?cam|splitcam|xsplit|v4l2 ?loopback|dummy|droid ?cam|iriun|epoccam|fake|"
    r"screen ?capture|e2esoft|vcam|虚拟",
    re.IGNORECASE,
)
"""Names that programs give to cameras that are none. source: the programs' own documentation of their device names"""


@dataclass(frozen=True, slots=True)
class ChannelSigns:
    """What page and server noticed about how a session came in.

    camera_label   the camera's name as the browser gives it; empty where it gives none
    received_ms    when the server had each step, in ms since the session was started, in the order of the steps
    header_agents  value of User-Agent with each request, in order
    page_agent     what the page itself read as the browser's name
    page_mobile    whether the page found touch and a small screen
    """

    camera_label: str = ""
    received_ms: tuple[int, ...] = ()
    header_agents: tuple[str, ...] = ()
    page_agent: str = ""
    page_mobile: bool | None = None


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """clock_slack_ms  by which a step may seem to arrive before its last frame was taken: two clocks, two speeds
    source          the phone's clock starts with the session's answer, which is on its way for up to 3 s on 2G
    """

    clock_slack_ms: int = 3000


def examine(
    measures: SessionMeasures, challenge: Challenge, policy: ChannelPolicy, signs: ChannelSigns
) -> LayerFinding:
    """ATTACK where something is odd, which fusion only notes; else UNKNOWN, for nothing here shows a living person."""
    del challenge  # every layer has this form; how frames came in does not depend on what was asked
    odd = []
    if _VIRTUAL.search(signs.camera_label):
        odd.append("camera_looks_virtual")
    if _too_early(measures, signs.received_ms, policy):
        odd.append("frames_from_the_future")
    if len(signs.received_ms) >= 2 and any(later < earlier for earlier, later in pairwise(signs.received_ms)):
        odd.append("steps_out_of_order")
    odd += _headers(signs)
    return LayerFinding(Layer.CHANNEL, Sign.ATTACK if odd else Sign.UNKNOWN, tuple(odd) or ("nothing_odd",))


def _too_early(measures: SessionMeasures, received_ms: Sequence[int], policy: ChannelPolicy) -> bool:
    """Whether the server had a step before the phone says that it took the last frame."""
    return any(
        step.frames and step.frames[-1].at_ms > received + policy.clock_slack_ms
        for step, received in zip(measures.steps, received_ms, strict=False)
    )


def _headers(signs: ChannelSigns) -> list[str]:
    odd = []
    agents = {*signs.header_agents, *([signs.page_agent] if signs.page_agent else [])}
    if len(agents) > 1:
        odd.append("browser_changes")
    if signs.page_mobile is False and any(re.search(r"Mobile|Android|iPhone", agent) for agent in signs.header_agents):
        odd.append("no_phone_though_it_says_so")
    return odd
