"""Chinese names for streets, alleys, compounds, markets, towns and villages."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

STEMS: tuple[tuple[str, str], ...] = (
    ("人民", "Renmin"), ("解放", "Jiefang"), ("建设", "Jianshe"), ("中山", "Zhongshan"),
    ("文化", "Wenhua"), ("和平", "Heping"), ("胜利", "Shengli"), ("友谊", "Youyi"),
    ("团结", "Tuanjie"), ("新华", "Xinhua"), ("光明", "Guangming"), ("民主", "Minzhu"),
    ("工农", "Gongnong"), ("青年", "Qingnian"), ("朝阳", "Chaoyang"), ("东风", "Dongfeng"),
    ("红旗", "Hongqi"), ("长征", "Changzheng"), ("前进", "Qianjin"), ("幸福", "Xingfu"),
    ("平安", "Ping'an"), ("学府", "Xuefu"), ("体育", "Tiyu"), ("公园", "Gongyuan"),
    ("滨湖", "Binhu"), ("凤凰", "Fenghuang"), ("龙泉", "Longquan"), ("白云", "Baiyun"),
    ("青山", "Qingshan"), ("翠屏", "Cuiping"), ("象山", "Xiangshan"), ("望江", "Wangjiang"),
    ("金山", "Jinshan"), ("银河", "Yinhe"), ("天山", "Tianshan"), ("泰山", "Taishan"),
    ("黄山", "Huangshan"), ("长江", "Changjiang"), ("汉江", "Hanjiang"), ("洪湖", "Honghu"),
    ("荆江", "Jingjiang"), ("楚天", "Chutian"), ("楚源", "Chuyuan"), ("月亮湖", "Yuelianghu"),
    ("竹园", "Zhuyuan"), ("桂花", "Guihua"), ("海棠", "Haitang"), ("杨柳", "Yangliu"),
    ("梅园", "Meiyuan"), ("迎宾", "Yingbin"), ("世纪", "Shiji"), ("创业", "Chuangye"),
    ("振兴", "Zhenxing"), ("丰收", "Fengshou"), ("双喜", "Shuangxi"), ("宝塔", "Baota"),
    ("文峰", "Wenfeng"), ("状元", "Zhuangyuan"), ("府前", "Fuqian"), ("官堰", "Guanyan"),
    ("泉口", "Quankou"), ("石桥", "Shiqiao"), ("花园", "Huayuan"), ("水府", "Shuifu"),
    ("竹皮", "Zhupi"), ("浏河", "Liuhe"), ("金虾", "Jinxia"), ("雨霖", "Yulin"),
    ("关圣", "Guansheng"), ("紫薇", "Ziwei"), ("香樟", "Xiangzhang"), ("银杏", "Yinxing"),
)  # fmt: skip
PARK_STEMS: tuple[tuple[str, str], ...] = (
    ("科技", "Keji"), ("工业", "Gongye"), ("兴业", "Xingye"), ("兴隆", "Xinglong"),
    ("迎春", "Yingchun"), ("荆楚", "Jingchu"), ("高新", "Gaoxin"), ("百川", "Baichuan"),
)  # fmt: skip
OLD_STEMS = (
    "西门", "东门", "南门", "北门", "十字", "米市", "鱼市", "布市", "油坊", "染坊", "书院",
    "文庙", "钟楼", "鼓楼", "城隍", "衙前", "塔影", "井沿", "桥头", "码头", "铁匠", "竹器",
)  # fmt: skip
COMPOUND_STEMS = (
    "碧桂", "金域", "阳光", "锦绣", "翰林", "滨江", "丽景", "盛世", "东方", "水岸", "香榭",
    "龙山", "凤凰", "书香", "御景", "天润", "星球", "帝景", "万象", "绿地", "福星", "和谐",
    "教师", "粮食局", "供电局", "石化", "机械厂", "烟草", "交通局", "纺织厂",
)  # fmt: skip
COMPOUND_TAILS = ("花园", "小区", "佳苑", "华府", "新城", "家园", "公馆", "名邸", "宿舍")
TOWNS: tuple[tuple[str, str], ...] = (
    ("石桥镇", "Shiqiao"), ("双河镇", "Shuanghe"), ("龙泉镇", "Longquan"), ("沙坪镇", "Shaping"),
)  # fmt: skip
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
VILLAGE_TAILS = ("家村", "家湾", "家冲", "家店", "家岭", "家台", "家坪")
DIGITS = "零一二三四五六七八九十"
SUFFIX = {
    "trunk": ("大道", "Avenue"),
    "primary": ("大道", "Avenue"),
    "secondary": ("路", "Road"),
    "tertiary": ("路", "Road"),
    "residential": ("街", "Street"),
    "living_street": ("巷", "Alley"),
    "unclassified": ("路", "Road"),
}


@dataclass
class Names:
    """Draws names without repeating one before all have been used."""

    rng: np.random.Generator
    _decks: dict[str, list[int]] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    def _draw(self, deck: str, size: int) -> int:
        left = self._decks.get(deck)
        if not left:
            left = [int(k) for k in self.rng.permutation(size)]
        self._decks[deck] = left
        return left.pop()

    def _unique(self, name: str, number_at: int) -> str:
        """Put a number before the last ``number_at`` characters of a name used before."""
        count = self._seen.get(name, 0) + 1
        self._seen[name] = count
        if count == 1:
            return name
        number = DIGITS[count] if count < len(DIGITS) else str(count)
        return name[: len(name) - number_at] + number + name[len(name) - number_at :]

    def street(self, highway: str, park: bool = False) -> tuple[str, str]:
        """Name and English name of a street of a class, of the industrial park if ``park``."""
        stems = PARK_STEMS if park else STEMS
        zh, en = stems[self._draw("park" if park else "stem", len(stems))]
        tail, tail_en = SUFFIX[highway]
        return self._unique(zh + tail, len(tail)), f"{en} {tail_en}"

    def alley(self, parent: str) -> str:
        """Name of a back street off ``parent``, with an old name or a number."""
        if not parent or self.rng.random() < 0.35:
            return self._unique(OLD_STEMS[self._draw("old", len(OLD_STEMS))] + "巷", 1)
        count = self._seen.get(f"alley of {parent}", 0) + 1
        self._seen[f"alley of {parent}"] = count
        return f"{parent}{DIGITS[count] if count < len(DIGITS) else count}巷"

    def compound(self) -> str:
        """Name of a housing compound."""
        stem = COMPOUND_STEMS[self._draw("compound", len(COMPOUND_STEMS))]
        tail = COMPOUND_TAILS[int(self.rng.integers(len(COMPOUND_TAILS)))]
        return self._unique(stem + tail, 0)

    def village(self) -> str:
        """Name of a village."""
        size = len(SURNAMES) * len(VILLAGE_TAILS)
        k = self._draw("village", size)
        return SURNAMES[k % len(SURNAMES)] + VILLAGE_TAILS[k // len(SURNAMES)]
