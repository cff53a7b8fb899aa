"""
The cast: people written by hand, who play the scenes in which every trap of real exports stands at least once.

`scenes_people.py` has the traps of who somebody is, `scenes_events.py` those of what happened and when.
"""

from __future__ import annotations

from people import Person
from world import World, day

# number | name, family first | gender | born | phone | e-mail | city
_CAST = """
101 | Trần Thị Minh Châu     | Nữ  | 1984-03-08 | 0382345719 | minhchau.tran@example.com      | Hà Nội
102 | Lê Văn Phúc            | Nam | 1979-11-23 | 0912406813 | phuc.le@example.org            | Hải Phòng
103 | Phạm Thị Ngọc Ánh      | Nữ  | 1991-06-30 | 0976318240 | ngoc.anh.pham@example.com      | Hà Nội
104 | Hoàng Gia Bảo          | Nam | 1996-01-17 | 0333918274 | giabao.hoang@example.com       | Đà Nẵng
105 | Nguyễn Thị Thuỷ        | Nữ  | 1988-09-09 | 0356207914 |                                | Huế
106 | Vũ Thị Hạnh            | Nữ  | 1972-02-02 | 0988142657 | hanh.vu@example.com            | Hà Nội
107 | Vũ Khánh Linh          | Nữ  | 2001-12-24 | 0988142657 | khanhlinh.vu@example.com       | Hà Nội
108 | Vũ Đức Anh             | Nam | 2004-07-15 | 0988142657 |                                | Hà Nội
109 | Đỗ Văn Hùng            | Nam | 1961-04-11 | 0904517382 |                                | Cần Thơ
110 | Đỗ Văn Hùng            | Nam | 1990-10-03 | 0904517382 | hung.do90@example.com          | Cần Thơ
111 | Mai Xuân Tiến          | Nam | 1986-05-05 | 0397264180 | nha.mai@example.com            | Hà Nội
112 | Đinh Thị Hoa           | Nữ  | 1987-06-06 | 0397264181 | nha.mai@example.com            | Hà Nội
113 | Ngô Văn Hậu            | Nam | 1988-01-01 | 0368025174 |                                | Huế
114 | Ngô Văn Hậu            | Nam | 1989-01-01 | 0368025174 |                                | Huế
140 | Phan Thu Vân           | Nữ  | 1980-03-14 | 0915602407 | info@doitac.example.com        | Hà Nội
141 | Hồ Minh Khoa           | Nam | 1981-03-15 | 0915602417 | info@doitac.example.com        | Hà Nội
142 | Lý Diệu My             | Nữ  | 1982-03-16 | 0915602427 | info@doitac.example.com        | Hà Nội
143 | Võ Quốc Long           | Nam | 1983-03-17 | 0915602437 | info@doitac.example.com        | Hà Nội
144 | Nguyễn Hữu Đạt         | Nam | 1984-03-18 | 0915602447 | info@doitac.example.com        | Hà Nội
146 | Trần Bảo Yến           | Nữ  | 1995-02-05 | 0862104703 |                                | Đà Nẵng
147 | Lê Công Thành          | Nam | 1995-02-06 | 0862104713 |                                | Đà Nẵng
150 | Bùi Quốc Trung         | Nam | 1983-08-01 | 0967481520 |                                | TP. Hồ Chí Minh
151 | Dương Ngọc Mai         | Nữ  | 1984-08-02 | 0934150628 |                                | TP. Hồ Chí Minh
152 | Ngô Thanh Phương       | Nữ  | 1985-08-03 | 0708261945 |                                | TP. Hồ Chí Minh
153 | Hoàng Minh Tuấn        | Nam | 1986-08-04 | 0838245678 |                                | TP. Hồ Chí Minh
155 | Trần Thị Lan           | Nữ  | 1993-03-03 | 0943817265 | lan.tran93@example.com         | Hà Nội
156 | Nguyễn Đăng Khoa       | Nam | 1998-07-07 | 0786153920 | dangkhoa.nguyen@example.com    | Hà Nội
157 | Nguyễn Thị Mẫu         | Nữ  | 1999-09-19 | 0362905817 | hoasenmaukhongcothat@gmail.com | Hà Nội
158 | Phan Thị Nga           | Nữ  | 1990-12-12 | 0855271936 | nga.phan@example.org           | Hà Nội
160 | Lê Bảo Khánh           | Nữ  | 1994-04-04 | 0814639275 | khanh.le@example.com           | Hà Nội
163 | Hồ Thị Loan            | Nữ  | 1990-02-28 | 0349182756 | loan.ho@example.com            | Cần Thơ
164 | Đặng Thị Quyên         | Nữ  | 1989-01-30 | 0379514826 | quyen.dang@example.com         | Hà Nội
170 | Bùi Thị Thu Hà         | Nữ  | 1985-08-18 | 0918362745 | ha.bui@example.com             | Hà Nội
171 | Ngô Văn Tài            | Nam | 1992-05-15 | 0961748235 | tai.ngo@example.com            | Hà Nội
172 | Đinh Thị Oanh          | Nữ  | 1997-07-27 | 0327518469 | oanh.dinh@example.com          | Hà Nội
173 | Lý Công Cường          | Nam | 1981-10-20 | 0937415826 | cuong.ly@example.com           | Hà Nội
174 | Hồ Hải Yến             | Nữ  | 1978-03-26 | 0908517264 | yen.ho@example.org             | TP. Hồ Chí Minh
180 | Trần Khánh Hạ          | Nữ  | 2000-06-01 | 0865294173 | ha.tran00@example.com          | TP. Hồ Chí Minh
181 | Phạm Trung Kiên        | Nam | 1983-09-12 | 0971835264 | kien.pham@example.com          | Hà Nội
182 | Lê Bảo Ngọc            | Nữ  | 1985-11-02 | 0982716354 | baongoc.le@example.com         | Hà Nội
190 | Đặng Thuỳ Trang        | Nữ  | 1993-01-21 | 0916274538 | trang.dang@example.com         | Hà Nội
191 | Phan Quốc Việt         | Nam | 1987-12-09 | 0901825637 | viet.phan@example.com          | Hà Nội
192 | Mai Diệu Thảo          | Nữ  | 1999-04-13 | 0857261493 | thao.mai@example.org           | Huế
193 | Dương Đức Thắng        | Nam | 1990-09-29 | 0343918257 | thang.duong@example.com        | Hà Nội
195 | Nguyễn Thị Phương Anh  | Nữ  | 1982-02-15 | 0914195325 | vip195@example.com             | TP. Hồ Chí Minh
196 | Võ Minh Hải            | Nam | 1982-02-16 | 0914196326 | vip196@example.com             | TP. Hồ Chí Minh
197 | Trần Quỳnh Giang       | Nữ  | 1982-02-17 | 0914197327 | vip197@example.com             | TP. Hồ Chí Minh
"""


def cast_list(world: World) -> dict[int, Person]:
    """The cast by number; everybody has a customer number, whether the CRM shows it or not."""
    people = [_person(line) for line in _CAST.strip().splitlines()]
    people += [
        Person(n, "Khách", "", "lẻ", "Nữ", day("1990-01-01"), "0900000000", None, "TP. Hồ Chí Minh", "")
        for n in range(120, 134)
    ]
    for person in people:
        person.customer_no = f"{person.number:07d}"
        world.phones.add(person.phone)
        world.people.append(person)
    return {person.number: person for person in people}


def _person(line: str) -> Person:
    number, name, gender, born, phone, email, city = (part.strip() for part in line.split("|"))
    family, *middle, given = name.split()
    address = f"{number} Hoa Sen, P. Hàng Bài"
    return Person(
        int(number), family, " ".join(middle), given, gender, day(born), phone, email or None, city, address
    )
