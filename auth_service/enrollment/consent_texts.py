"""The texts that people are shown: versioned, in Chinese and English, and never edited after their release."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from auth_service.core.errors import NotFound

CURRENT = "2026-11-24"
NOTICE_CURRENT = "2026-12-02"
PHONE_CURRENT = "2026-11-29"
KIOSK_CURRENT = "2026-11-29"
LANGUAGES = ("zh", "en")
PILOT_CURRENT = "2026-11-28"
KINDS = ("consent", "notice", "phone_consent", "pilot_consent", "kiosk_consent")
NEWEST = {
    "consent": CURRENT,
    "notice": NOTICE_CURRENT,
    "phone_consent": PHONE_CURRENT,
    "pilot_consent": PILOT_CURRENT,
    "kiosk_consent": KIOSK_CURRENT,
}
"""kind -> its newest version. `phone_consent` is what the beneficiary's own page shows: nobody signs a form there, and
the pictures travel over the network to the agency. `pilot_consent` is what the same page shows for a session of a
pilot, which authenticates nobody. `kiosk_consent` is for a terminal that a bank keeps: it may read a card, and holds
pictures while its line is down."""
UNNAMED = {"zh": "【经办机构名称】", "en": "[name of the agency]"}
NO_CONTACT = {"zh": "【地址、电话】", "en": "[address, telephone]"}

DIGESTS: dict[tuple[str, str, str], str] = {
    ("consent", "2026-11-24", "zh"): "914322395e31b98331b972f6f434ffde291e1a08e9506235180f326b72df6d97",
    ("consent", "2026-11-24", "en"): "b6ffbe811b52fa6f70d938a63c289eff3affb8a48a55bb4a2df2ce42e0082657",
    ("notice", "2026-11-24", "zh"): "9f607ded61cfae8ee63b41f28aa0879f1ad33a95d7baa4b91bcd3fcf1f6bf8e1",
    ("notice", "2026-11-24", "en"): "bf1e39edfe5f763d4ac75bc5a4632746eff12cd4d39a5670c64e01715fcb30de",
    ("notice", "2026-12-02", "zh"): "393980f6dda7dd38ec5b6976e27b5a7b23fe4fa08c101fdf0b87935542840e2d",
    ("notice", "2026-12-02", "en"): "91b24031753a2d881fdcdc3e39d23e3536db36908e02361df2d72fe8a9fe1deb",
    ("phone_consent", "2026-11-28", "zh"): "7471eefab94a281509f19ceb55ab86a68cd1e2ea656320f7d5d743e2342890d8",
    ("phone_consent", "2026-11-28", "en"): "f6e7dd9ebb7ec5d3cba98dbfdfe6c20c0b3e0220b4298ac36b6ddca3b903a5a8",
    ("phone_consent", "2026-11-29", "zh"): "b0d299e13d57d1f4732445ffa3f0b750c92a3da140f8c5071acb406d9273886f",
    ("phone_consent", "2026-11-29", "en"): "4184d0c0f6bf09a40637d7e96de606f281019fd310463c89c4b6092670469617",
    ("pilot_consent", "2026-11-28", "zh"): "630a62d3ea3ba6883861c0650312cace090ded63cf54a1a1d94a5fef23e74d7e",
    ("pilot_consent", "2026-11-28", "en"): "1bb61621fff6cff4fb2ba325ab87123561d80aa506a0ca66d24412a1fdf6c9b2",
    ("kiosk_consent", "2026-11-29", "zh"): "b78932d0f1d7c63706b034e2a4d7d1929695d333875d2d9c6db749d1c34ba074",
    ("kiosk_consent", "2026-11-29", "en"): "42f047c8097c38e14beffc0c3bd650835b345a20ea67fd599aacc5ad0ea7ed23",
}
"""(kind, version, language) -> SHA-256 of the file as released. Whoever changes a text gives it a new version."""


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text as a person sees it.

    sha256           of exactly this text, with the agency's name in it
    released_sha256  of the file as released; DIGESTS
    """

    kind: str
    version: str
    language: str
    text: str
    sha256: str
    released_sha256: str


def shown_text(kind: str, version: str, language: str, agency: str = "", contact: str = "") -> ShownText:
    """The text with the agency's name and contact filled in; `current` is the newest version.

    raises   NotFound: no such kind, version or language, or the file is not the released one
    """
    known = (kind, NEWEST.get(kind, CURRENT) if version == "current" else version, language)
    released = DIGESTS.get(known)
    if released is None:
        raise NotFound(f"known: {', '.join(sorted('/'.join(one) for one in DIGESTS))}")
    data = (files(__package__) / "texts" / f"{kind}-{known[1]}.{language}.md").read_bytes()
    if hashlib.sha256(data).hexdigest() != released:
        raise NotFound("the file is not the one that was released; put it back from the release")
    text = data.decode().replace("{agency}", agency or UNNAMED[language])
    text = text.replace("{contact}", contact or NO_CONTACT[language])
    return ShownText(kind, known[1], language, text, hashlib.sha256(text.encode()).hexdigest(), released)
