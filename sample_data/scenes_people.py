"""Traps of who somebody is: several numbers, one number for several people, and the many ways to write things down."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import files
from files import Trap, windows_1258
from people import Person
from world import World, account, at, card, crm, day, receipt

Cast = dict[int, Person]


def play(world: World, cast: Cast) -> None:
    """Add the scenes."""
    for scene in (
        many_cards,
        moved,
        typing_errors,
        apart,
        nobodys_values,
        odd_phones,
        odd_texts,
        twice,
        broken,
    ):
        scene(world, cast)


def many_cards(world: World, cast: Cast) -> None:
    chau = cast[101]
    same = "one person: phone and name agree with crm:0000101"
    crm(
        world,
        chau,
        day("2026-02-14"),
        Trap("leading-zero ids", "0000101", "stays text: `0000101`, never 101"),
    )
    old = Trap("old 11-digit number", "01682345719", f"the 0168 numbers became 038 in 2018; {same}")
    card(
        world, chau, "0045010117", day("2016-05-02"), old, DienThoai="01682345719", Email=None, NgaySinh=None
    )
    card(
        world,
        chau,
        "0045210143",
        day("2021-08-19"),
        Trap("several loyalty cards", "0045210143", same),
        Email=None,
    )
    card(world, chau, "0045300188", day("2025-01-06"), DienThoai="+84 382 345 719")
    receipt(world, at("2026-10-31 17:00"), [(world.article("Bộ chăn ga cotton"), 1)], by="0045010117")
    receipt(world, at("2026-11-11 14:00"), [(world.article("Nến thơm hương sen"), 1)], by="0045300188")


def moved(world: World, cast: Cast) -> None:
    phuc = cast[102]
    crm(world, phuc, day("2024-03-12"))
    expect = "the same key with a later date: a new version, and the profile shows Hà Nội"
    there = {"Địa chỉ": "27 Quang Trung, P. Kim Liên", "Tỉnh/Thành": "Hà Nội"}
    crm(world, phuc, day("2026-09-05"), Trap("changed address", "27 Quang Trung", expect), **there)


def typing_errors(world: World, cast: Cast) -> None:
    anh, bao, thuy = cast[103], cast[104], cast[105]
    crm(world, anh, day("2025-04-01"))
    wrong_name = Trap(
        "typo in the name",
        "Phạm Thị Ngọc Anh",
        "equality cannot see it; `decisions.csv` joins it to crm:0000103",
    )
    card(world, anh, "0045010366", day("2022-04-01"), wrong_name, HoTen="Phạm Thị Ngọc Anh", Email=None)
    anh.shop_id, email = "900103", "ngoc.ahn.pham@example.com"
    expect = "another address, but phone and name join it to crm:0000103"
    account(world, anh, at("2026-01-20 22:11"), Trap("typo in the e-mail", email, expect), email=email)
    crm(world, bao, day("2025-07-09"))
    bao.shop_id, name = "900104", "Bảo Gia Hoàng"
    expect = "given name first; the e-mail joins it to crm:0000104"
    account(world, bao, at("2025-12-02 08:40"), Trap("swapped name parts", name, expect), full_name=name)
    expect = "the card says `Thủy`; the same name, the mark on another vowel"
    crm(world, thuy, day("2024-10-10"), Trap("two spellings of one tone", "Thuỷ", expect))
    card(world, thuy, "0045010590", day("2023-02-03"), HoTen="Nguyễn Thị Thủy")


def apart(world: World, cast: Cast) -> None:
    expect = "three people on one phone: their names differ, so the phone joins nobody"
    crm(world, cast[106], day("2025-05-20"), Trap("shared family phone", "0988142657", expect))
    crm(world, cast[107], day("2025-05-20"))
    crm(world, cast[108], day("2025-05-20"))
    expect = "phone and name agree, birth dates differ: never one person"
    crm(world, cast[109], day("2023-09-01"))
    crm(
        world, cast[110], day("2024-09-01"), Trap("father and son, one name, one phone", "03/10/1990", expect)
    )
    expect = "the birth dates differ: two people with one address"
    crm(world, cast[111], day("2025-03-03"))
    crm(world, cast[112], day("2025-03-04"), Trap("shared e-mail of a couple", "nha.mai@example.com", expect))
    expect = "cousins at one stall, no birth dates: `decisions.csv` keeps them apart"
    cousins = Trap("one name, one phone, two people", "0045010114", expect)
    card(world, cast[113], "0045010113", day("2024-04-13"), NgaySinh=None, Email=None)
    card(world, cast[114], "0045010114", day("2024-04-14"), cousins, NgaySinh=None, Email=None)


def nobodys_values(world: World, cast: Cast) -> None:
    expect = "what a cashier types to get on, on 14 cards: never joins, is no address for SMS"
    for n in range(14):
        traps = [Trap("placeholder phone", "0900000000", expect)] if n == 0 else []
        nothing = {"NgaySinh": None, "DiaChi": None, "Diem": 0}
        card(world, cast[120 + n], f"004600{n + 1:04d}", day(f"2024-{1 + n % 12:02d}-03"), *traps, **nothing)
    expect = "held by five people, more than `shared_by`: identifies nobody"
    for number in range(140, 145):
        traps = [Trap("mailbox of a whole firm", "info@doitac.example.com", expect)] if number == 140 else []
        crm(world, cast[number], day("2025-08-08"), *traps)
    expect = "nobody's birthday: no reason to keep this row and the card 0045010146 apart"
    born = Trap("default birth date", "01/01/1900", expect)
    card(world, cast[146], "0045010146", day("2024-06-06"), NgaySinh="05/02/1995")
    crm(world, cast[146], day("2024-06-06"), born, **{"Ngày sinh": "01/01/1900"})
    crm(world, cast[147], day("2024-06-06"), **{"Ngày sinh": "01/01/1900"})


def odd_phones(world: World, cast: Cast) -> None:
    odd = (
        (150, "967481520.0", "spreadsheet float phone", "went through a spreadsheet: 096 748 1520"),
        (151, "O934150628", "letter O for zero", "093 415 0628"),
        (152, "0708261945/0248123456", "two numbers in one cell", "two numbers, not one of 20 digits"),
        (
            153,
            "(08) 3824 5678",
            "old landline that is a mobile number today",
            "ambiguous: never rewritten in silence",
        ),
    )
    for number, written, name, expect in odd:
        person = cast[number]
        crm(world, person, day("2025-02-10"), Trap(name, written, expect), **{"Điện thoại": written})
        card(world, person, f"0045010{number}", day("2023-02-10"))


def odd_texts(world: World, cast: Cast) -> None:
    lan, khoa, mau = cast[155], cast[156], cast[157]
    written = " Lan.Tran93@Example.COM "
    crm(
        world,
        lan,
        day("2025-10-10"),
        Trap("capitals and blanks in the e-mail", written, str(lan.email)),
        **{"E-mail": written},
    )
    lan.shop_id = "900155"
    account(world, lan, at("2025-11-11 11:11"), phone=None)
    decomposed = unicodedata.normalize("NFD", khoa.name)
    apart = Trap("letters and marks apart (NFD)", decomposed, "looks the same, other bytes: one form inside")
    crm(world, khoa, day("2026-01-15"), apart, **{"Họ và tên": decomposed})
    page = Trap("Windows-1258", windows_1258(khoa.name), "an old code page with tones as separate marks")
    card(world, khoa, "0045010156", day("2024-01-15"), page)
    crm(world, mau, day("2025-12-01"))
    mau.shop_id, email = "900157", "hoa.sen.mau.khong.co.that+uudai@gmail.com"
    expect = "another text, the same mailbox; phone and name join them"
    account(world, mau, at("2025-12-24 20:00"), Trap("dots and +tag at Gmail", email, expect), email=email)


def twice(world: World, cast: Cast) -> None:
    nga, khanh = cast[158], cast[160]
    crm(world, nga, day("2023-12-12"))
    again = Trap("registered twice", "0000159", "two customer numbers, one e-mail: one person (limit 2)")
    crm(world, replace(nga, customer_no="0000159"), day("2026-06-01"), again)
    first = crm(world, khanh, day("2025-09-09"))
    same = Trap("exact duplicate row", "0000160", "the row above once more: counted as duplicate")
    world.add(files.CRM, first.order, (same,), **first.values)


def broken(world: World, cast: Cast) -> None:
    short = "0000161;Vũ Hữu Nghĩa;12/05/1985;Nam;0936274815"
    world.raw(
        files.CRM,
        ("0000161",),
        short,
        Trap("too few fields", short, "the export broke off: quarantined, with its line"),
    )
    long = "0000162;Đặng Thu Hiền;23/11/1992;Nữ;0977315482;hien.dang@example.com;Số 5; ngõ 12 Hai Bà Trưng;Hà Nội;;02/02/2026"
    expect = "a separator inside an unquoted address: quarantined"
    world.raw(files.CRM, ("0000162",), long, Trap("too many fields", "Số 5; ngõ 12", expect))
    expect = "the birth date is left empty and listed as an issue; the row stays"
    born = Trap("a day that does not exist", "30/02/1990", expect)
    crm(world, cast[163], day("2026-03-03"), born, **{"Ngày sinh": "30/02/1990"})
    quoted = Trap("separator inside quotes", '"Số 9; ngõ 4', "one field: the quotes keep it together")
    crm(world, cast[164], day("2026-04-04"), quoted, **{"Địa chỉ": "Số 9; ngõ 4 Bà Triệu, P. Hàng Bài"})
