"""The proposal of an encoding: right for each language it knows, silent where nothing fits."""

from __future__ import annotations

import random
import unicodedata

import pytest

from cdptool.sources.encodings import encoding_hint, wide_encoding
from tests.frames import ROUNDS

TEXTS = {
    "cp1252": (
        "Zoë,François Lefèvre,Müller,Straße,Señor Muñoz,São Paulo,Ålesund,Jørgensen,«naïve»,Größe,Château,"
        "50 €,Björk Guðmundsdóttir,Conceição,Málaga,l’été,Gonçalves,Åse Bjørnson,Käthe,Nuñez"
    ),
    "cp1258": (
        "Trần Thị Ngọc Ánh,Nguyễn Văn Đức,Phạm Quốc Huy,Lê Thị Hồng,Đặng Minh Tuấn,Hà Nội,Đà Nẵng,"
        "Thành phố Hồ Chí Minh,Vũ Hoàng Yến,Bùi Thế Dũng,đường Cách Mạng Tháng Tám,Huỳnh Mỹ Lệ"
    ),
    "cp1251": "Иванов Сергей,Москва,Петрова Анна,улица Ленина,Смирнов,Екатеринбург,Фёдорова,Кузнецов",
    "gbk": "张伟,王芳,李娜,北京市朝阳区,上海,广州,刘洋,陈静,订单已发货,中国,客户名称,黄晓明,联系电话",
    "big5": "陳怡君,林志豪,台北市信義區,高雄,黃雅婷,張家豪,訂單編號,聯絡電話,新竹,王大明",
    "cp932": "田中太郎,東京都,さくら,コーヒー,山田花子,大阪市,ありがとう,注文番号,鈴木一郎,カタログ",
    "cp949": "김철수,서울특별시,이영희,부산,주문번호,고객이름,박지성,강남구,배송완료,전화번호",
}


def encoded(text: str, encoding: str) -> bytes:
    """As a system of that code page writes it: Vietnamese tones behind their vowels."""
    if encoding != "cp1258":
        return text.encode(encoding, "ignore")
    marks = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    out = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(c for c in parts if c in marks)
        base = unicodedata.normalize("NFC", "".join(c for c in parts if c not in marks))
        out.append(base + tone)
    return "".join(out).encode("cp1258")


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_likely_encoding_is_proposed_with_its_evidence(encoding: str) -> None:
    lines = TEXTS[encoding].replace(",", ",1\n")
    hint = encoding_hint(encoded(lines, encoding))
    assert hint.startswith(f"probably `encoding: {encoding}` (")
    assert "make sense)" in hint


@pytest.mark.parametrize("encoding", TEXTS)
def test_few_words_are_enough_most_of_the_time(encoding: str) -> None:
    """Random handfuls of eight words: named."""
    words = TEXTS[encoding].split(",")
    chance = random.Random(encoding)
    n, hits = 40 * ROUNDS, 0
    for _ in range(n):
        hint = encoding_hint(encoded("\n".join(chance.sample(words, 8)), encoding))
        hits += f"encoding: {encoding}`" in hint
    assert hits >= 0.95 * n, f"{hits} of {n}"


def test_noise_gets_no_proposal() -> None:
    noise = random.Random(7).randbytes(4000)
    assert "probably" not in encoding_hint(noise)


def test_wide_text_without_mark_is_known_by_its_zeros() -> None:
    text = "id,tên\n1,Trần\n2,Nguyễn\n" * 5
    assert wide_encoding(text.encode("utf-16-le")) == "utf-16-le"
    assert wide_encoding(text.encode("utf-16-be")) == "utf-16-be"
    assert wide_encoding("编号,姓名\n1,张伟\n2,王芳\n".encode("utf-16-le")) == "utf-16-le"
    assert wide_encoding(b"id,name\n1,a\0b\n" * 5) is None
    assert wide_encoding(text.encode()) is None
