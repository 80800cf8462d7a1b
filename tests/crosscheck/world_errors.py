"""How a registry writes down somebody's death: every field with its own chance of going wrong, independently.

Sources. Names: of 4,100 wrong Chinese words 76 % were homophones and 46 % looked alike, 29 % both (Liu, Lai, Tien,
Chuang, Wu, Lee: ACM TALIP 10(2), 2011), hence about three homophones to one look-alike. How often a field is wrong at
all (a few in a hundred) and everything else: own decision, to be replaced by an operator's own counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pypinyin import lazy_pinyin

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex
from auth_service.crosscheck.records import RegistryFacts
from tests.crosscheck.world_names import LEVEL_ONE, LEVEL_TWO, LOOKS, homophone

ID_MIX = {
    "right": 0.840, "fifteen": 0.050, "digit": 0.025, "exchanged": 0.008, "dropped": 0.003, "doubled": 0.001,
    "check": 0.004, "ocr digit": 0.006, "ocr letter": 0.006, "two slips": 0.006, "fifteen and a slip": 0.002,
    "missing": 0.030, "relative": 0.012, "nonsense": 0.004, "namesake": 0.001, "masked": 0.002,
}  # fmt: skip
NAME_MIX = {
    "right": 0.960, "homophone": 0.015, "looks": 0.006, "other character": 0.003, "length": 0.002, "exchanged": 0.001,
    "unprintable": 0.003, "former name": 0.003, "pinyin": 0.001, "missing": 0.006,
}  # fmt: skip
BIRTH_FROM_ID = 0.5
"""Share of records whose birth date and sex were filled in from the number on the form, right or wrong."""
BIRTH_MIX = {
    "right": 0.900, "month only": 0.025, "year only": 0.020, "swapped": 0.012, "digit": 0.018, "other": 0.002,
    "missing": 0.023,
}  # fmt: skip
REGION_MIX = {"right": 0.80, "next village": 0.06, "town": 0.05, "county": 0.03, "elsewhere": 0.03, "missing": 0.03}
SEX_WRONG, SEX_MISSING, RARE_LOST, SPACED, DOT_CHANGED = 0.004, 0.02, 0.2, 0.03, 0.5
_OCR = {"0": "86", "1": "74", "2": "7", "3": "8", "4": "1", "5": "6", "6": "85", "7": "1", "8": "30", "9": "4"}
_LETTERS = {"0": "O", "1": "l", "5": "S", "8": "B", "2": "Z"}
_RARE = frozenset(LEVEL_TWO)


@dataclass(frozen=True, slots=True)
class Dead:
    """Who died; `kin` and `namesakes` are numbers of living insured people that a hurried hand may write instead."""

    name: str
    number: str
    sex: Sex
    region: str
    kin: list[str]
    namesakes: list[str]


@dataclass(frozen=True, slots=True)
class Slips:
    """What went wrong in one record. `borrowed`: the living person's number that stands on it."""

    id: str
    name: str
    birth: str
    region: str
    borrowed: str | None = None


def _drawn(mix: dict[str, float], random: np.random.Generator) -> str:
    mark = random.random()
    for name, share in mix.items():
        mark -= share
        if mark < 0:
            return name
    return next(iter(mix))


def written_down(record_id: str, dead: Dead, random: np.random.Generator) -> tuple[RegistryFacts, Slips]:
    """One record and what is wrong with it."""
    id_slip = _drawn(ID_MIX, random)
    lenders = {"relative": dead.kin, "namesake": dead.namesakes}.get(id_slip)
    if lenders is not None and not lenders:
        id_slip = "right"
    borrowed = str(random.choice(lenders)) if lenders else None
    id_text = _id(borrowed or dead.number, id_slip, random)
    name_slip, name = _name(dead.name, _drawn(NAME_MIX, random), random)
    from_id = _from_id(id_text) if random.random() < BIRTH_FROM_ID else None
    if from_id is None:
        birth_slip = _drawn(BIRTH_MIX, random)
        birth, sex = _birth(dead.number, birth_slip, random), _sex(dead.sex, random)
    else:
        birth_slip, (birth, sex) = "from the number", from_id
    region_slip = _drawn(REGION_MIX, random)
    region = _region(dead.region, region_slip, random)
    return (
        RegistryFacts(record_id, id_text, name, sex, birth, region),
        Slips(id_slip, name_slip, birth_slip, region_slip, borrowed),
    )


def _digit_slip(text: str, random: np.random.Generator) -> str:
    place = int(random.integers(0, min(len(text), 17)))
    other = str(random.choice([d for d in "0123456789" if d != text[place]]))
    return text[:place] + other + text[place + 1 :]


def _exchanged(text: str, random: np.random.Generator) -> str:
    places = [p for p in range(min(len(text), 17) - 1) if text[p] != text[p + 1]]
    if not places:
        return text
    place = int(random.choice(places))
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _id(number: str, slip: str, random: np.random.Generator) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind
    place = int(random.integers(0, 17))
    fifteen = number[:6] + number[8:17]
    match slip:
        case "fifteen":
            return fifteen
        case "digit":
            return _digit_slip(number, random)
        case "exchanged":
            return _exchanged(number, random)
        case "dropped":
            return number[:place] + number[place + 1 :]
        case "doubled":
            return number[:place] + number[place] + number[place:]
        case "check":
            return number[:17] + str(random.choice([c for c in "0123456789X" if c != number[17]]))
        case "ocr digit":
            return number[:place] + str(random.choice(list(_OCR[number[place]]))) + number[place + 1 :]
        case "ocr letter":
            return number[:17].replace(number[place], _LETTERS.get(number[place], number[place]), 1) + number[17:]
        case "two slips":
            return _digit_slip(_digit_slip(number, random), random)
        case "fifteen and a slip":
            return _digit_slip(fifteen, random)
        case "missing":
            return str(random.choice(["", "", "", "无", "不详"]))
        case "nonsense":
            return str(random.choice(["000000000000000000", "111111111111111111", number[:6], "130203"]))
        case "masked":
            return number[:6] + "********" + number[14:]
        case _:
            return number


def _name(name: str, slip: str, random: np.random.Generator) -> tuple[str, str]:  # noqa: C901, PLR0911
    rare = [place for place, character in enumerate(name) if character in _RARE]
    if rare and slip == "right" and random.random() < RARE_LOST:
        return "unprintable", name[: rare[0]] + str(random.choice(["?", "*", "□"])) + name[rare[0] + 1 :]
    place = int(random.integers(0, len(name)))
    match slip:
        case "homophone":
            return slip, name[:place] + homophone(name[place], random) + name[place + 1 :]
        case "looks":
            return slip, name[:place] + LOOKS.get(name[place], name[place]) + name[place + 1 :]
        case "other character":
            return slip, name[:place] + str(random.choice(LEVEL_ONE)) + name[place + 1 :]
        case "length":
            shorter = name[:place] + name[place + 1 :]
            return slip, shorter if len(name) > 2 else name + str(random.choice(LEVEL_ONE))
        case "exchanged":
            return slip, name[:-2] + name[-1] + name[-2]
        case "unprintable":
            return slip, name[:place] + "?" + name[place + 1 :]
        case "former name":
            return slip, name[0] + str(random.choice(LEVEL_ONE)) + str(random.choice(LEVEL_ONE))
        case "pinyin":
            return slip, " ".join(lazy_pinyin(name)).upper()
        case "missing":
            return slip, ""
    if "·" in name and random.random() < DOT_CHANGED:
        return "right", name.replace("·", str(random.choice(["•", ".", "", "・", " "])))
    if len(name) == 2 and random.random() < SPACED:
        return "right", name[0] + str(random.choice([" ", "\u3000", "  "])) + name[1]
    return "right", name


def _from_id(text: str) -> tuple[PartialDate, Sex] | None:
    body = text[:17] if len(text) == 18 else text[:6] + "19" + text[6:] if len(text) == 15 else ""
    if not body.isdigit():
        return None
    found = _calendar(int(body[6:10]), int(body[10:12]), int(body[12:14]))
    return None if found is None else (found, Sex.MALE if int(body[16]) % 2 else Sex.FEMALE)


def _calendar(year: int, month: int, day: int) -> PartialDate | None:
    found = PartialDate(year, month, day)
    try:
        return found if found.whole and 1850 < year < 2026 else None
    except ValueError:
        return None


def _birth(number: str, slip: str, random: np.random.Generator) -> PartialDate | None:  # noqa: PLR0911
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    right = PartialDate(year, month, day)
    match slip:
        case "missing":
            return None
        case "year only":
            return PartialDate(year)
        case "month only":
            return PartialDate(year, month)
        case "swapped":
            return _calendar(year, day, month) or right
        case "other":
            return PartialDate(
                int(random.integers(1925, 1970)), int(random.integers(1, 13)), int(random.integers(1, 29))
            )
        case "digit":
            text = number[6:14]
            place = int(random.integers(2, 8))
            wrong = text[:place] + str(random.integers(0, 10)) + text[place + 1 :]
            return _calendar(int(wrong[:4]), int(wrong[4:6]), int(wrong[6:])) or right
        case _:
            return right


def _sex(sex: Sex, random: np.random.Generator) -> Sex | None:
    mark = random.random()
    if mark < SEX_MISSING:
        return None
    if mark < SEX_MISSING + SEX_WRONG:
        return Sex.FEMALE if sex is Sex.MALE else Sex.MALE
    return sex


def _region(region: str, slip: str, random: np.random.Generator) -> str:
    match slip:
        case "next village":
            return region[:9] + f"{int(random.integers(200, 260)):03d}"
        case "town":
            return region[:9]
        case "county":
            return region[:6]
        case "elsewhere":
            return f"{random.choice(['130202', '130283', '110105', '120101'])}001{int(random.integers(200, 260)):03d}"
        case "missing":
            return ""
        case _:
            return region
