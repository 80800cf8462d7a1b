"""What can be wrong with a record that a kiosk made while it had no line: nothing of it is kept then."""

from __future__ import annotations

from auth_service.core.errors.requests import RequestRefused


class RecordInvalid(RequestRefused):
    code = "record_invalid"
    zh = "这条离线记录的格式或内容不对，没有保存；请保留本机上的原记录并联系技术人员，办理人待遇不受影响。"
    en = (
        "This offline record is not of the agreed form, and nothing was kept. Keep it on the kiosk and call your"
        " technicians; nothing changes for the person."
    )


class RecordUnsigned(RequestRefused):
    code = "record_signature_invalid"
    zh = "这条离线记录不是本机签署的，没有保存；请保留原记录并联系经办机构，办理人待遇不受影响。"
    en = (
        "This offline record was not signed by this kiosk, and nothing was kept. Keep it and call the agency;"
        " nothing changes for the person."
    )


class RecordConflict(RequestRefused):
    code = "record_conflict"
    zh = "同一编号的离线记录已经收到，内容不同；先收到的有效，请联系经办机构。"
    en = "Another record of this event was received before, and that one stands. Please call the agency."
