"""
Names in Cyrillic, Greek, Arabic and Chinese signs as Latin letters: near enough to be held against a name that somebody
wrote down in Latin letters, not a transliteration by any norm.

Arabic writes no short vowels; what is left is as near to the full name as a careless hand. Of the Chinese signs those of the
commonest family and given names are known, each by its commonest reading; any other sign is left as it is.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.fields.folding import is_ascii, replaced

# Folded letters (small, without marks), and two that are one sound, and what is written for them.
_LETTERS: Final = (
    "а=a б=b в=v г=g ґ=g д=d е=e є=e ж=zh з=z и=i і=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh",
    "ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=iu я=ia ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz ѓ=gj ќ=kj ѕ=dz",
    "ου=ou α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=ks ο=o π=p ρ=r σ=s τ=t υ=y φ=f χ=ch ψ=ps ω=o",
    "ا=a ب=b پ=p ت=t ٹ=t ث=th ج=j چ=ch ح=h خ=kh د=d ڈ=d ذ=z ر=r ڑ=r ز=z ژ=zh س=s ش=sh ص=s ض=d ط=t ظ=z",
    "ع=a غ=gh ف=f ق=q ك=k ک=k گ=g ل=l م=m ن=n ں=n ه=h ہ=h ھ=h ة=a و=u ي=i ی=i ى=a ے=e ء=",
)
# Signs of Chinese names by their reading: the hundred commonest family names, and what given names are made of.
_SYLLABLES: Final = (
    "wang=王汪 li=李黎丽莉立 zhang=张張章 liu=刘劉柳 chen=陈陳晨 yang=杨楊洋阳 zhao=赵趙 huang=黄黃 zhou=周 wu=吴吳武",
    "xu=徐许許旭 sun=孙孫 hu=胡 zhu=朱 gao=高 lin=林琳 he=何贺賀和 guo=郭国國 ma=马馬 luo=罗羅 liang=梁亮良 song=宋松",
    "zheng=郑鄭正 xie=谢謝 han=韩韓涵 tang=唐汤湯 feng=冯馮峰凤鳳 yu=于余玉宇雨 dong=董东東 xiao=萧蕭肖晓曉小 cheng=程成",
    "cao=曹 yuan=袁 deng=邓鄧 fu=傅福 shen=沈 zeng=曾 peng=彭鹏鵬 lu=吕呂卢盧陆陸 su=苏蘇 jiang=蒋蔣姜江 cai=蔡 jia=贾賈佳嘉家",
    "ding=丁 wei=魏伟偉威 xue=薛雪学學 ye=叶葉 yan=阎閻严嚴艳艷燕 pan=潘 du=杜 dai=戴 xia=夏霞 zhong=钟鍾中 tian=田天 ren=任",
    "fan=范帆 fang=方芳 shi=石史诗詩世 yao=姚 tan=谭譚 liao=廖 zou=邹鄒 xiong=熊 jin=金 hao=郝浩 kong=孔 bai=白 cui=崔翠 kang=康",
    "mao=毛 qiu=邱秋 qin=秦琴 gu=顾顧 hou=侯 shao=邵 meng=孟梦夢 long=龙龍 wan=万萬 duan=段 lei=雷磊 qian=钱錢倩 yin=尹 yi=易怡义義一",
    "chang=常 qiao=乔喬 lai=赖賴 gong=龚龔 wen=文 na=娜 xiu=秀 ying=英颖穎 min=敏民 jing=静靜 qiang=强強 jun=军軍俊 yong=勇永",
    "jie=杰洁潔 juan=娟 tao=涛濤 ming=明 chao=超 lan=兰蘭 ping=平萍 gang=刚剛 gui=桂贵貴 jian=建健 hua=华華 hong=红紅宏洪 chun=春",
    "mei=梅美 hai=海 zhi=志 bo=波博 hui=辉輝慧惠 fei=飞飛 kai=凯凱 yun=云雲 xin=欣鑫新心 ting=婷 ling=玲 zhen=珍振 shu=淑 bin=斌",
    "ning=宁寧 rui=睿 zi=子梓 xuan=轩軒 si=思 guang=光 rong=荣榮 sheng=生 de=德 da=大 yue=月 xiang=香 lian=莲蓮 ai=爱愛 qing=清",
    "an=安 shan=山",
)
_WRITTEN: Final = {
    **dict(pair.split("=") for line in _LETTERS for pair in line.split()),
    # A sign is a syllable, and each a word: in Latin letters a name stands in two or three.
    **{
        sign: f" {syllable} "
        for line in _SYLLABLES
        for syllable, signs in (pair.split("=") for pair in line.split())
        for sign in signs
    },
}
_FOREIGN: Final = "[" + "".join(sign for sign in _WRITTEN if len(sign) == 1) + "]"


def romanised(names: pl.Series) -> pl.Series:
    """
    Folded names with what is known of other scripts in Latin letters; all else stays.

    >>> romanised(pl.Series(["васильев павел", "فيصل", "张秀英", "lan anh"])).to_list()
    ['vasilev pavel', 'fisl', 'zhang xiu ying', 'lan anh']
    """
    if is_ascii(names):
        return names
    rows = names.str.contains(_FOREIGN).fill_null(False).arg_true()
    found = names.gather(rows)
    written = found.str.replace_many(list(_WRITTEN), list(_WRITTEN.values()), leftmost=True)
    return replaced(names, rows, written.str.replace_all(" +", " ").str.strip_chars())
