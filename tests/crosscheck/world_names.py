"""Names for a made-up county town: surnames and given characters, and how each goes wrong in writing.

Nothing here is taken from the product: homophones come from the order of GB 2312 (level 1 is sorted by pinyin), shapes
from a list of this file's own, so that what linkage knows is not what it is measured with.
"""

from __future__ import annotations

import numpy as np

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁"
    "魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎"
    "易常武乔贺赖龚文"
)
SURNAME_WEIGHTS = 1.0 / (np.arange(len(SURNAMES)) + 4.0)
"""The first three hold about 7 % each (Ministry of Public Security, report on names 2020); the fall: own decision."""
GIVEN_MEN = (
    "建国华军明平志文德永成林海生伟强东春金玉福忠义云龙才贵宝山祥树庆有光荣兴学长新红亮民勇胜利世"
    "昌清连振喜根全保江水立中正友善发财万顺良和仁礼智信贤杰俊英雄武辉涛刚毅斌鹏飞超波凯旭浩天宇洪"
)
GIVEN_WOMEN = (
    "秀英兰芳桂珍玉凤淑华梅琴荣莲芬香霞红云素丽娟敏春花翠月爱美艳萍玲静琳燕洁莉彩菊金银仙巧珠慧娥青雪瑞贞惠芝蓉"
    "枝杏桃婷娜雅婉媛娇妹姣琼"
)
_TRANSLITERATED = """
阿不力孜 买买提 吐尔逊 艾合买提 古丽 帕提古丽 热合曼 玉素甫 卡德尔 依明 库尔班 麦麦提 哈里克 巴图
乌兰 其其格 额尔德尼 才让 卓玛 扎西 多吉
"""
TRANSLITERATED = tuple(_TRANSLITERATED.split())
LEVEL_ONE = tuple(bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)
                  if not (row == 0xD7 and cell > 0xF9))  # fmt: skip
LEVEL_TWO = tuple(bytes([row, cell]).decode("gb2312") for row in range(0xD8, 0xF8) for cell in range(0xA1, 0xFF))
_PLACE = {character: place for place, character in enumerate(LEVEL_ONE)}
_LOOKS = """
兰三 芳芬 芬分 英央 桂挂 桂佳 珍诊 玉王 凤风 淑椒 梅海 琴瑟 荣菜 荣策 莲连 香杳 霞露 红江 素索 丽两 娟捐 敏教
春舂 花化 翠萃 月用 爱受 美羡 艳绝 萍平 玲铃 玲冷 静诤 琳林 燕燕 洁浩 莉利 彩采 菊匊 金全 银根 仙山 巧朽 珠株
慧彗 娥俄 青清 雪雷 瑞端 贞贝 惠恩 芝艺 建健 国固 国园 华毕 军车 明朋 平干 志忐 文丈 德得 永水 成戌 林材 海悔
生王 伟纬 强弹 东乐 福副 忠患 义叉 云去 龙尤 才寸 贵责 宝室 山出 祥样 树村 庆厌 有冇 光尧 兴兰 学字 长卡 新薪
亮高 民氏 勇男 胜性 利刊 世甘 昌冒 振赈 喜嘉 根很 全金 保堡 江汪 立位 中申 正止 友发 善普 发友 财材 万方 顺须
良艮 和知 仁仨 礼札 智暂 信倍 贤资 杰态 俊峻 雄推 武式 辉挥 涛寿 刚岗 毅殷 斌赋 鹏朋 飞气 波皮 凯岂 旭加 浩洁
天夫 宇字 洪供 王玉 李季 张弛 刘对 陈阵 杨扬 赵起 黄寅 周同 吴昊 徐除 孙孔 朱末 高亮 何可 郭部 马乌 罗夕 梁粱
宋宗 郑邓 谢射 韩朝 冯马 于干 董薰 程裎 曹漕 袁哀 许汗 沈沉 曾會 彭膨 吕吊 苏办 卢户 蔡察 贾买 丁下 魏巍 薛薜
叶计 杜社 戴载 夏复 田由 任住 姜妾 范茫 方万 石右 姚挑 熊能 金全 陆陈 孔扎 白自 毛手 秦泰 史吏 顾颀 侯候 邵郡
孟盂 段叚 钱线 尹伊 易昜 常帝 乔桥 贺驾
""".split()  # noqa: SIM905 - a list to read
LOOKS: dict[str, str] = {}
for _pair in _LOOKS:
    LOOKS.setdefault(_pair[0], _pair[1])
    LOOKS.setdefault(_pair[1], _pair[0])


def homophone(character: str, random: np.random.Generator) -> str:
    """A neighbour in pinyin order: nearly always of the same syllable; itself where it has no place in level 1."""
    place = _PLACE.get(character)
    if place is None:
        return character
    step = int(random.choice((-3, -2, -1, 1, 2, 3)))
    return LEVEL_ONE[min(max(place + step, 0), len(LEVEL_ONE) - 1)]


def given_character(random: np.random.Generator, size: int, pool: str) -> list[str]:
    """Characters of given names: most from a short list, a tail from all common ones, few rare. source: own decision"""
    usual = np.array(list(pool))
    weights = 1.0 / (np.arange(len(pool)) + 8.0)
    drawn = random.choice(usual, size, p=weights / weights.sum()).astype(object)
    tail = random.random(size)
    common, rare = tail < 0.10, tail > 0.996
    drawn[common] = random.choice(np.array(LEVEL_ONE), int(common.sum()))
    drawn[rare] = random.choice(np.array(LEVEL_TWO), int(rare.sum()))
    return drawn.tolist()  # type: ignore[no-any-return]
