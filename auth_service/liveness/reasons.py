"""Why an attempt got its verdict about liveness, in the reviewer's words. Never shown to whoever stood there."""

from __future__ import annotations

from auth_service.liveness.decision import PadReason

PAD_TEXTS: dict[PadReason, tuple[str, str]] = {
    PadReason.ATTESTED_BY_OFFICER: ("工作人员证明本人在场", "An officer attested that the person was present"),
    PadReason.ATTESTED_BY_DEVICE: ("受信设备证明本人在场", "A trusted device attested that the person was present"),
    PadReason.PHOTO_ONLY: ("只有照片，没有进行活体检测", "There is only a photo; liveness was not examined"),
    PadReason.COPY_OF_REFERENCE: ("画面是登记照片的翻版", "The picture is a copy of an enrolled photo"),
    PadReason.COPY_OF_EARLIER_CAPTURE: ("画面是以前采集的翻版", "The picture is a copy of an earlier capture"),
    PadReason.LIVE_CAPTURE: ("各项检测均看到真人在场", "Every check saw a living person before the camera"),
    PadReason.LIVE_CAPTURE_AND_POSSESSION: (
        "动作检测看到真人在场，并已通过一次性验证码",
        "The motions showed a living person, and the one-time code was given",
    ),
    PadReason.POSSESSION_MISSING: (
        "没有使用闪光检测，也没有一次性验证码，需要人工查看",
        "Colours did not count and no one-time code was given: a person must look",
    ),
    PadReason.FLASH_NOT_MEASURED: (
        "闪光检测尚未在本地人群中实测，暂不计入；动作数量不足，需要人工查看",
        "Colours do not count before the operator has measured them, and the motions are too few: a person must look",
    ),
    PadReason.VERSION_UNKNOWN: (
        "检测所用的程序或模型版本不明，需要人工查看",
        "It is not known which version of a program or model examined this: a person must look",
    ),
    PadReason.CHALLENGE_ABSENT: ("没有按提示完成动作", "The motions were not made as asked"),
    PadReason.CHALLENGE_ATTACK: (
        "动作与本次提示不符，像是以前的录像",
        "Other motions than those asked for were made, as an older film would show",
    ),
    PadReason.CHALLENGE_UNKNOWN: ("无法判断是否完成了动作", "It could not be told whether the motions were made"),
    PadReason.GEOMETRY_ABSENT: ("没有看到脸部的立体转动", "The face was not seen to turn as a body"),
    PadReason.GEOMETRY_ATTACK: (
        "脸部像平面或弯曲的纸一样转动",
        "The face moved as a plane or as bent paper does",
    ),
    PadReason.GEOMETRY_UNKNOWN: (
        "无法判断脸部是否立体（可能没有安装 YuNet）",
        "It could not be told whether the face is a body (YuNet may not be installed)",
    ),
    PadReason.PARALLAX_ABSENT: ("没有看到脸相对背景移动", "The face was not seen to move before its background"),
    PadReason.PARALLAX_ATTACK: ("脸和背景作为一个整体移动", "Face and background moved as one"),
    PadReason.PARALLAX_UNKNOWN: (
        "背景太简单，无法比较脸与背景的移动",
        "The background is too plain to compare with the face's movement",
    ),
    PadReason.FLASH_ABSENT: ("皮肤反光与屏幕颜色不符", "The skin did not reflect the screen's colours"),
    PadReason.FLASH_ATTACK: (
        "皮肤反光是另一组颜色，像是以前的录像",
        "The skin reflected another row of colours, as an older film would show",
    ),
    PadReason.FLASH_UNKNOWN: (
        "环境太亮或画面不足，看不清屏幕颜色的反光",
        "The surroundings were too bright, or the frames too few, to see the screen's colours reflected",
    ),
    PadReason.CONSISTENCY_ABSENT: (
        "画面中断、跳动或有其他人，不能连成一次拍摄",
        "The frames break off, jump or show somebody else: not one continuous capture",
    ),
    PadReason.CONSISTENCY_ATTACK: (
        "画面重复、定格或前后不是同一人",
        "Frames repeat or stand still, or two people are shown",
    ),
    PadReason.CONSISTENCY_UNKNOWN: ("画面太少，无法判断是否连续", "Too few frames to tell whether they are continuous"),
    PadReason.TEXTURE_ABSENT: ("画面质感不足", "The texture of skin was not seen"),
    PadReason.TEXTURE_ATTACK: ("画面有屏幕摩尔纹或翻拍痕迹", "The picture has the pattern of a screen or print"),
    PadReason.TEXTURE_UNKNOWN: ("无法判断画面质感", "The texture could not be judged"),
    PadReason.MODEL_ABSENT: ("模型未看出真人特征", "The model did not see a living face"),
    PadReason.MODEL_ATTACK: ("模型判断像翻拍的照片或屏幕", "The model calls it a print or a screen"),
    PadReason.MODEL_UNKNOWN: ("未安装活体模型，或模型无法判断", "The model is not installed, or could not judge"),
    PadReason.REPLAY_ABSENT: ("未能与以往的拍摄比较", "Earlier captures were not compared"),
    PadReason.REPLAY_ATTACK: ("画面与以前的拍摄几乎相同", "The film is almost the same as an earlier one"),
    PadReason.REPLAY_UNKNOWN: ("无法与以往的拍摄比较", "It could not be compared with earlier captures"),
    PadReason.CHANNEL_ATTACK: (
        "上传方式有虚拟摄像头的迹象（仅供参考）",
        "The upload has signs of a virtual camera (for information only)",
    ),
}
"""Reason -> (zh, en)."""
