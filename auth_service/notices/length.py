"""How many parts an SMS has. source: 3GPP TS 23.038 and 23.040: 70 UCS-2 units in one, 67 in each of several;
160 and 153 of the GSM alphabet"""

from __future__ import annotations

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


def sms_parts(text: str) -> int:
    """Parts as a gateway counts and charges them; 0 of nothing."""
    if set(text) <= _GSM:
        units, one, several = len(text), 160, 153
    else:
        units, one, several = len(text.encode("utf-16-be")) // 2, 70, 67
    return -(-units // several) if units > one else min(units, 1)
