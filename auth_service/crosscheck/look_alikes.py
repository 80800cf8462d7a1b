"""Characters that are taken for each other in handwriting, on bad copies and by text recognition."""

from __future__ import annotations

_GROUPS = """
己已巳 末未 土士 日曰 人入八 天夫无 干千于 王玉主 大太犬丈 由甲申田 力刀 今令 兰三 芬芳 风凤凰 丽俪 云去 春舂 苹萍
清情晴睛青 侯候 冶治 辰晨 宇字 村材 林杜 桂挂柱 杨扬 梅海悔 国固 责贵 玲铃怜 珍诊 荣营 秀季委 福富副 全金 庆厌 龙尤
才寸 义叉 永水 成戌戍 忠患 明朋 平苹 建健 生主 伟纬 仁仨 礼札 智暂 俊峻骏 辉挥 涛寿 刚岗钢 斌赋 波坡 浩洁皓 陈阵 孙孔
朱末 何河 梁粱 谢射 冯马 曹漕 沈沉 彭膨 苏办 卢户 贾买 丁下 戴载 任住 范茫 方万 石右 能熊 白自 毛手 秦泰奉 史吏 孟盂
段叚 易昜 乔桥 贺贸 莲连 素索 娟捐 爱受 美羡 静净 莉利 菊匊 银根很 珠株 慧彗 瑞端 贞贝 英央 香杳 民氏 亮高 新薪 树村
婷停 娜哪 炎灸 焕换唤 晓哓 彬杉 栋拣 栓拴 楠南 柏伯 松忪 桃挑 槐愧 汉仅 源原 润闰 泽译 溪奚 潘番 炳柄 琼凉 颖颍 佳桂
"""
"""source: own list of characters that differ in a stroke, dot or radical; what it finds: docs/linkage.md"""


def _neighbours() -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for group in _GROUPS.split():
        for character in group:
            found.setdefault(character, set()).update(set(group) - {character})
    return {character: "".join(sorted(others)) for character, others in found.items()}


LOOK_ALIKES = _neighbours()
"""Character -> those it is taken for; both ways."""
