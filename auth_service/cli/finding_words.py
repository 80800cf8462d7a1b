"""What doctor looks at, in Chinese beside the English names that scripts know."""

from __future__ import annotations

HEADINGS_ZH = {
    "python": "Python 版本",
    "keys": "密钥",
    "database": "数据库",
    "database role": "数据库角色",
    "schema": "表结构",
    "weights": "模型权重",
    "engine": "人脸引擎",
    "photo decoder": "照片解码",
    "calibration": "标定",
    "colours": "屏幕颜色",
    "photo files": "照片文件",
    "jobs": "定时任务",
    "stored faces": "已存人脸",
    "erasures": "抹除记录",
    "notices": "通知",
    "registry keys": "登记推送密钥",
    "audit": "审计",
    "disk of": "磁盘空间",
    "backups apart": "备份分开存放",
    "permissions": "目录权限",
    "clock": "时钟",
    "backup": "备份",
    "next backup": "下一次备份",
    "data parts": "数据备份",
    "keys parts": "密钥备份",
    "retention": "保存期限",
    "recovery key": "恢复密钥",
    "pilot": "试采",
}
"""Name of a finding, or how it begins, -> Chinese."""


def heading(name: str) -> str:
    """`模型权重 weights yunet`; a name without Chinese stands alone."""
    words = name.split()
    for count in range(len(words), 0, -1):
        zh = HEADINGS_ZH.get(" ".join(words[:count]))
        if zh is not None:
            return f"{zh} {name}"
    return name
