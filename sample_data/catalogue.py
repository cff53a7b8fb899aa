"""What the retailer sells, and where: the reference tables."""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """An article: price in VND, pieces in stock, and how many days it usually lasts."""

    sku: str
    name: str
    category: str
    price: int
    stock: int
    renewal_days: int | None = None


class Store(NamedTuple):
    """A shop in a street. The coordinates are of the middle of its district."""

    code: str
    name: str
    city: str
    latitude: float
    longitude: float


STORES = (
    Store("01", "Hoa Sen Hoàn Kiếm", "Hà Nội", 21.0287, 105.8524),
    Store("02", "Hoa Sen Cầu Giấy", "Hà Nội", 21.0362, 105.7906),
    Store("03", "Hoa Sen Quận 1", "TP. Hồ Chí Minh", 10.7757, 106.7004),
    Store("04", "Hoa Sen Thủ Đức", "TP. Hồ Chí Minh", 10.8494, 106.7537),
    Store("05", "Hoa Sen Hải Châu", "Đà Nẵng", 16.0471, 108.2068),
    Store("06", "Hoa Sen Ninh Kiều", "Cần Thơ", 10.0341, 105.7852),
)

# name, price in thousands of VND, renewal in days where people buy it again
_ARTICLES: dict[str, tuple[tuple[str, int, int | None], ...]] = {
    "dresses": (
        ("Đầm lụa cổ tròn", 1250, None),
        ("Đầm maxi hoa nhí", 890, None),
        ("Đầm công sở tay lỡ", 980, None),
        ("Váy chữ A linen", 620, None),
        ("Áo dài gấm truyền thống", 2450, None),
        ("Áo dài cách tân", 1680, None),
    ),
    "shirts": (
        ("Áo sơ mi lụa tay dài", 690, None),
        ("Áo sơ mi linen nam", 590, None),
        ("Áo thun cotton", 250, 180),
        ("Áo len mỏng cổ tim", 750, None),
        ("Áo khoác dạ", 1890, None),
        ("Áo khoác gió", 990, None),
    ),
    "trousers": (
        ("Quần tây nam", 720, None),
        ("Quần culottes", 560, None),
        ("Quần jeans ống đứng", 790, None),
        ("Quần lụa ở nhà", 390, None),
    ),
    "shoes": (
        ("Giày lười da", 1350, None),
        ("Sandal quai mảnh", 650, None),
        ("Giày cao gót 5 phân", 980, None),
        ("Dép đi trong nhà", 180, 180),
    ),
    "accessories": (
        ("Khăn lụa in hoa sen", 450, None),
        ("Túi cói đan tay", 520, None),
        ("Ví da nữ", 680, None),
        ("Thắt lưng da bò", 490, None),
        ("Nón lá thêu", 220, None),
        ("Gối tựa lưng thổ cẩm", 320, None),
    ),
    "bedding": (
        ("Bộ chăn ga lụa tơ tằm", 3950, None),
        ("Bộ chăn ga cotton", 1590, None),
        ("Ruột gối lông vũ", 480, 540),
        ("Chăn bông mùa đông", 1290, None),
        ("Vỏ gối thêu tay", 290, 365),
    ),
    "kitchen": (
        ("Bộ bát đĩa gốm Bát Tràng", 1450, None),
        ("Ấm trà gốm men lam", 680, None),
        ("Thớt gỗ nghiến", 350, None),
        ("Khay tre đan", 280, None),
        ("Bộ dao bếp 5 món", 1190, None),
    ),
    "decor": (
        ("Bình hoa gốm men rạn", 850, None),
        ("Đèn lồng Hội An", 420, None),
        ("Tranh sơn mài hoa sen", 2150, None),
        ("Rèm cửa linen", 1350, None),
    ),
    "scents": (
        ("Nến thơm hương sen", 290, 45),
        ("Tinh dầu sả chanh", 180, 60),
        ("Nước giặt hương trà", 160, 40),
        ("Trầm hương khoanh", 350, 30),
    ),
    "fabric": (
        ("Vải lụa tơ tằm (mét)", 420, None),
        ("Vải thổ cẩm (mét)", 260, None),
    ),
}


def products() -> tuple[Product, ...]:
    """Every article, by number. Numbers have leading zeros; some articles are nearly sold out."""
    listed = [(category, *article) for category, articles in _ARTICLES.items() for article in articles]
    return tuple(
        Product(
            f"{1000 + 17 * n:07d}", name, category, price * 1000, (n * 37) % 90 if n % 7 else n % 6, renewal
        )
        for n, (category, name, price, renewal) in enumerate(listed, 1)
    )
