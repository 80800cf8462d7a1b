"""Presence by word: an officer or a device with the scope `assisted` saw the person."""

from __future__ import annotations

from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict


def attest(*, vouched: bool, by_device: bool) -> PadDecision:
    """The verdict for a photo without capture steps: `bona_fide` on somebody's word, else `none`.

    source   contract.md section 4, row "none (a photo)"
    """
    if not vouched:
        return PadDecision(PadVerdict.NONE, (PadReason.PHOTO_ONLY,))
    reason = PadReason.ATTESTED_BY_DEVICE if by_device else PadReason.ATTESTED_BY_OFFICER
    return PadDecision(PadVerdict.BONA_FIDE, (reason,))
