"""
What made people and firms are called and where they live: names with their nicknames, streets, towns, phone plans.

Common values come first in each pool; `common` draws them as real names fall, a few often and many rarely.
"""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TypeVar

_Value = TypeVar("_Value")

MALE = tuple(
    """James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark
    Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan Jacob Gary Nicholas
    Eric Jonathan Stephen Larry Justin Scott Benjamin Samuel Gregory Frank Alexander Raymond Patrick Jack Dennis
    Peter Henry Nathan Adam Douglas Zachary Walter Kyle Harold Carl Jeremy Arthur Lawrence Sean Christian Albert
    Joe Austin Jesse Gabriel Bruce Logan Ralph Roy Louis Philip Randall Vincent Russell Bobby Oliver Harry Theodore
    Leonard Frederick Martin Simon Stuart Graham Nigel Colin Duncan Hamish Callum Rhys Owen Declan Liam Connor Fergus
    Alistair Rupert Giles Tobias Felix Hugo Lars Sven Pierre Luca Marco Diego Javier Mateusz Piotr Ivan Omar Yusuf
    """.split()
)
FEMALE = tuple(
    """Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Sandra Ashley Emily
    Kimberly Betty Margaret Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Helen Sharon Cynthia
    Kathleen Amy Angela Shirley Anna Brenda Pamela Nicole Samantha Katherine Emma Ruth Christine Catherine Virginia
    Rachel Carolyn Janet Maria Heather Diane Julie Joyce Victoria Kelly Christina Joan Evelyn Lauren Judith Olivia
    Martha Cheryl Megan Andrea Hannah Jacqueline Frances Alice Teresa Gloria Charlotte Abigail Eleanor Isabella
    Georgina Harriet Fiona Siobhan Niamh Bronwen Imogen Beatrice Matilda Penelope Rosalind Ingrid Astrid Chloe Zoe
    Amelie Sofia Elena Lucia Carmen Agnieszka Natalia Olga Fatima Aisha Leila Priya Anjali Mei Yuki
    """.split()
)
NICKNAMES = {
    "James": "Jim Jimmy Jamie", "John": "Jack Johnny", "Robert": "Bob Rob Bobby", "Michael": "Mike Mick Mickey",
    "William": "Bill Will Billy", "David": "Dave Davy", "Richard": "Dick Rick Rich", "Joseph": "Joe Joey",
    "Thomas": "Tom Tommy", "Charles": "Charlie Chuck", "Christopher": "Chris Kit", "Daniel": "Dan Danny",
    "Matthew": "Matt", "Anthony": "Tony", "Steven": "Steve", "Stephen": "Steve", "Andrew": "Andy Drew",
    "Joshua": "Josh", "Kenneth": "Ken Kenny", "Edward": "Ed Ted Ned", "Ronald": "Ron", "Timothy": "Tim",
    "Jeffrey": "Jeff", "Nicholas": "Nick", "Jonathan": "Jon", "Lawrence": "Larry", "Benjamin": "Ben",
    "Samuel": "Sam", "Gregory": "Greg", "Alexander": "Alex Sandy", "Raymond": "Ray", "Patrick": "Pat Paddy",
    "Peter": "Pete", "Henry": "Harry Hank", "Nathan": "Nate", "Zachary": "Zach", "Walter": "Walt", "Albert": "Bert Al",
    "Gabriel": "Gabe", "Philip": "Phil", "Vincent": "Vince", "Theodore": "Ted Theo", "Leonard": "Len Lenny",
    "Frederick": "Fred Freddie", "Patricia": "Pat Patty Trish", "Jennifer": "Jen Jenny", "Elizabeth": "Liz Beth Betty Eliza",
    "Barbara": "Barb Babs", "Susan": "Sue Susie", "Jessica": "Jess", "Sarah": "Sally", "Nancy": "Nan",
    "Kimberly": "Kim", "Margaret": "Peggy Meg Maggie", "Michelle": "Shelly", "Amanda": "Mandy", "Melissa": "Mel",
    "Deborah": "Deb Debbie", "Stephanie": "Steph", "Rebecca": "Becky Becca", "Cynthia": "Cindy", "Kathleen": "Kathy",
    "Angela": "Angie", "Pamela": "Pam", "Nicole": "Nikki", "Samantha": "Sam", "Katherine": "Kate Kathy Katie",
    "Christine": "Chris Tina", "Catherine": "Cathy Kate", "Virginia": "Ginny", "Victoria": "Vicky", "Christina": "Tina",
    "Jacqueline": "Jackie", "Frances": "Fran", "Teresa": "Terry Tess", "Abigail": "Abby", "Eleanor": "Ellie Nell",
    "Isabella": "Bella", "Harriet": "Hattie", "Matilda": "Tilly", "Penelope": "Penny", "Charlotte": "Lottie",
}  # fmt: skip
_COMMON_FAMILY = """Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson Anderson Taylor Thomas Moore Jackson
    Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams
    Baker Nelson Hall Campbell Mitchell Carter Roberts Phillips Evans Turner Parker Collins Edwards Stewart Morris
    Murphy Cook Rogers Morgan Cooper Peterson Reed Bailey Kelly Howard Ward Cox Richardson Wood Watson Brooks Bennett
    Gray James Hughes Price Myers Foster Sanders Ross Powell Sullivan Russell Perry Butler Barnes Fisher Henderson
    Simmons Graham Patterson Jordan Reynolds Hamilton Wallace Cole West Bryant Gibson Ellis Stevens Murray Ford
    Marshall Owens McDonald Harrison Kennedy Wells O'Brien O'Connor MacLeod Fitzgerald Schmidt Müller Rossi Kowalski
    Novak Jensen Svensson Dubois Lefèvre Fernández Silva Patel Singh Khan Hussain Ahmed Chen Wang Kim Tanaka""".split()
_HEADS = """Ash Bar Beck Black Brad Brook Burn Cal Chad Clif Cran Dal Dun East Elm Fair Farn Glen Green Grim Hal
    Hart Hath Hazel Hol Horn Kirk Lang Lin Lock Long Mal Marsh Mid New Nor Oak Old Pem Rad Red Rock Rush Sand Shel
    Stan Stock Stone Sut Thorn Wal Wen West Whit Win Wood Worth Yar""".split()
_TAILS = """ton ford ley field wood worth bury ham well brook bridge croft dale den man mere more shaw stead ridge
    wick by gate hurst land""".split()
FAMILY = (*_COMMON_FAMILY, *(head + tail for tail, head in product(_TAILS, _HEADS)))
STREETS = tuple(
    f"{name} {kind}"
    for kind, name in product(
        ("Street", "Road", "Avenue", "Lane", "Close", "Drive"),
        """High Station Church Park Victoria Mill Green Manor Queen King London Oak Maple Cedar Elm Washington Lincoln
        Chestnut Spring North South Lake Hill Ridge River Sunset Bridge School York Albert Clarence Meadow Orchard
        Grange Windsor Stanley Springfield Highfield Woodland Westfield""".split(),
    )
)
TOWNS = tuple(
    tuple(pair.split(":"))
    for pair in """London:SW Manchester:M Birmingham:B Leeds:LS Bristol:BS Sheffield:S Liverpool:L Nottingham:NG Leicester:LE
    Coventry:CV Bradford:BD Cardiff:CF Belfast:BT Reading:RG Derby:DE Norwich:NR Oxford:OX Cambridge:CB Exeter:EX York:YO
    Bath:BA Chester:CH Lincoln:LN Durham:DH Ipswich:IP Swansea:SA Dundee:DD Aberdeen:AB Plymouth:PL Preston:PR""".split()
)  # fmt: skip
WEST_MAIL = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "btinternet.com",
)

VN_FAMILY = tuple(
    """Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đoàn Vương Trịnh Trương Lâm Đinh Mai
    Phùng Tô Hà Tạ Cao Thái Châu Lương Quách La Kiều Triệu Tống Nghiêm Thạch Chu""".split()
)
VN_MIDDLE_MALE = (
    "Văn",
    "Hữu",
    "Đức",
    "Minh",
    "Quang",
    "Thanh",
    "Công",
    "Xuân",
    "Quốc",
    "Ngọc",
    "Đình",
    "Hoàng",
    "Anh",
    "Gia",
)
VN_MIDDLE_FEMALE = (
    "Thị",
    "Thị Thu",
    "Ngọc",
    "Thị Thanh",
    "Thị Kim",
    "Thu",
    "Thị Hồng",
    "Phương",
    "Thị Mỹ",
    "Thùy",
    "Bảo",
    "Khánh",
)
VN_MALE = tuple(
    """Hùng Dũng Tuấn Minh Anh Nam Long Hải Sơn Thắng Cường Đức Phong Quân Khoa Việt Hoàng Bình Tùng Huy Kiên Trung Phúc
    Duy Khánh Hiếu Thành Lâm Tài Vinh Nghĩa Đạt Quang Toàn Tâm Trí Thịnh Hưng Bảo Lộc An Khải Giang Hậu Tiến""".split()
)
VN_FEMALE = tuple(
    """Hoa Lan Hương Linh Trang Mai Thảo Hà Ngọc Phương Hằng Nga Thủy Dung Loan Yến Anh Vy Nhung Trâm Quỳnh Hạnh Thu Vân
    Tuyết Hiền My Ngân Châu Diệp Giang Huyền Khánh Ly Nhi Oanh Phượng Thơ Tiên Trinh Uyên Xuân Chi Duyên An Bích""".split()
)
VN_STREETS = tuple(
    """Lê Lợi|Nguyễn Huệ|Trần Hưng Đạo|Hai Bà Trưng|Điện Biên Phủ|Nguyễn Trãi|Lý Thường Kiệt|Cách Mạng Tháng Tám|Võ Văn Tần
    |Pasteur|Nguyễn Thị Minh Khai|Nam Kỳ Khởi Nghĩa|Phan Xích Long|Hoàng Diệu|Quang Trung|Lê Duẩn|Nguyễn Văn Cừ|Bạch Đằng
    |Trường Chinh|Lạc Long Quân|Âu Cơ|Nguyễn Đình Chiểu|Phạm Văn Đồng|Xô Viết Nghệ Tĩnh|Kim Mã|Giải Phóng|Láng Hạ|Cầu Giấy
    |Tôn Đức Thắng|Hùng Vương|Ngô Quyền|Lê Hồng Phong|Trần Phú|Phan Chu Trinh|Lê Thánh Tôn|Tô Hiến Thành""".replace("\n", "").split("|")
)  # fmt: skip
VN_TOWNS = tuple(
    tuple(pair.split(":"))
    for pair in """TP. Hồ Chí Minh:70|Hà Nội:10|Đà Nẵng:55|Hải Phòng:18|Cần Thơ:94|Biên Hòa:76|Nha Trang:65|Huế:49|Vũng Tàu:78
    |Buôn Ma Thuột:63|Quy Nhơn:59|Đà Lạt:66|Vinh:43|Nam Định:07|Thủ Dầu Một:82|Long Xuyên:90""".replace("\n", "").split("|")
)  # fmt: skip
VN_MAIL = ("gmail.com", "gmail.com", "gmail.com", "yahoo.com.vn", "yahoo.com", "hotmail.com", "outlook.com")
COMPANIES = ("Vinatech", "Hòa Bình", "Saigon Foods", "Minh Long", "An Phát", "Acme", "Globex", "Initech", "Northwind",
             "Contoso", "Fabrikam", "Umbra", "Lotus", "Blue River", "Stark & Sons", "Delta", "Orion", "Viettech")  # fmt: skip


def common(rng: Random, pool: tuple[_Value, ...], limit: int = 0, *, power: float = 1.6) -> _Value:
    """A value of a pool, the first ones far oftener than the last; of its first `limit` alone where given."""
    size = min(limit or len(pool), len(pool))
    return pool[min(int(size * rng.random() ** power), size - 1)]
