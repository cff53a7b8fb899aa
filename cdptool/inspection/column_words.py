"""
The words that exports use in the names of columns: English, Vietnamese and a few other languages, without accents.

A phrase is whole words. What a name says by them is in `naming_words`.
"""

from __future__ import annotations

from typing import Final


def _phrases(text: str) -> tuple[str, ...]:
    """The phrases of a text that has commas between them."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


# Names that other words in them make harmless: what is left of the column says nothing of these types.
BUT: Final[dict[str, tuple[str, ...]]] = {
    "address": _phrases("email address, ip address, mac address, web address, address id, email, mail, url"),
    "phone": _phrases("phone id, phone type, phone country, phone verified"),
    "person_name": _phrases("""
        product name, company name, campaign name, event name, file name, user name, username, domain name, ten
        san pham, ten hang, ten cua hang, store name, list name, name id
    """),
    "money": _phrases("""
        rate, ratio, percent, percentage, pct, count, items, orders, currency, quantity, qty, number, type, id,
        opens, clicks, sends, recipients, name, code, units, points, method, ty le, so luong, seconds, minutes,
        hours, days, ms, duration, title, status, weight, emails, users, visits, sessions, views, messages,
        contacts, members
    """),
    "country": _phrases("country id, country calling code, country phone code, country prefix"),
    "identifier": _phrases("number of, no of, so luong, so lan, so nguoi, id type"),
    "gender": _phrases("title id"),
}
# Types and the words that speak of them.
WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("email", _phrases("email, e mail, mail, emails, emailaddress, courriel, correo, thu dien tu, hom thu")),
    (
        "phone",
        _phrases("""
        phone, phones, caller, callee, mobile, mobilephone, phonenumber, tel, telephone, cell, cellphone, msisdn, sdt, dien
        thoai, dienthoai, so dt, di dong, didong, handy, telefon, hotline, telefono, telefone, celular, movil,
        portable, gsm, whatsapp, zalo, fax, dt
    """),
    ),
    (
        "person_name",
        _phrases("""
        full name, fullname, first name, firstname, last name, lastname, fname, lname, given name, givenname,
        family name, familyname, surname, middle name, forename, first, customer name, contact name, client
        name, person name, display name, recipient name, ho ten, hoten, ho va ten, ten khach hang, ten kh,
        tenkh, ten dem, khach hang, khach, vorname, nachname, nom, prenom, nombre, apellido, apellidos,
        sobrenome, cognome, billing name, shipping name, owner name, nguoi nhan, nguoi mua, cardholder, last
    """),
    ),
    (
        "gender",
        _phrases("gender, sex, gioi tinh, gioitinh, phai, geschlecht, sexe, sexo, anrede, salutation"),
    ),
    ("country", _phrases("country, countrycode, quoc gia, quocgia, pays, pais, land, nation, nationality")),
    (
        "postcode",
        _phrases("""
        zip, zipcode, postcode, postalcode, postal, post code, plz, cp, ma buu chinh, ma buu dien, buu chinh,
        mabuuchinh, postleitzahl, cap, cep
    """),
    ),
    (
        "address",
        _phrases("""
        address, addr, street, dia chi, diachi, adresse, direccion, strasse, indirizzo, address1, address2,
        endereco, rue
    """),
    ),
    (
        "date",
        _phrases("""
        dob, birth, birthday, birthdate, birth date, date of birth, ngay sinh, ngaysinh, date, day, ngay, datum,
        fecha, data, jour, geburtsdatum, on
    """),
    ),
    (
        "datetime",
        _phrases("""
        at, ts, time, timestamp, datetime, created, updated, modified, synced, when, thoi gian, thoigian, gio,
        luc, ngay tao, ngay cap nhat, zeit, hora, heure, occurred
    """),
    ),
    (
        "boolean",
        _phrases("""
        is, has, flag, consent, opt in, optin, opt out, optout, subscribed, active, accepts, enabled, allow,
        allowed, deleted, archived, verified, dong y, hidden, exempt, can, marketing, taxable, default,
        unsubscribed, bounced, opened, clicked, newsletter
    """),
    ),
    (
        "money",
        _phrases("""
        amount, price, total, revenue, cost, subtotal, tax, fee, discount, spend, spent, paid, budget, gmv, ltv,
        salary, income, thanh tien, thanhtien, gia, don gia, dongia, so tien, sotien, tien, doanh thu, tong
        tien, chi phi, montant, prix, betrag, preis, umsatz, importe, precio, valor, refund, payment, sales,
        turnover, profit, margin, price now, unitprice, totalprice, shipping
    """),
    ),
    (
        "identifier",
        _phrases("""
        id, ids, uuid, guid, sku, code, key, token, no, nr, number, num, ean, upc, barcode, isbn, ref,
        reference, hash, ma, so, makh, ma kh, sothe, so hd, mahd, customerid, userid, orderid, invoiceno,
        invoice, stockcode, handle, card, the, account, voucher, codigo, numero, nummer, kundennummer
    """),
    ),
)
# At the end of a column's name, or before `name`: a cell of it is somebody, of whatever type its texts seem.
PEOPLE: Final = _phrases("""
    customer, client, buyer, guest, member, user, patient, doctor, physician, nurse, driver, student, teacher, author, owner,
    manager, agent, rep, representative, advisor, salesperson, employee, staff, cashier, assignee, recipient, sender, contact,
    person, holder, khach, khach hang, nguoi mua, nguoi nhan, nhan vien, nguoi ban, bac si, tai xe, kunde, mitarbeiter, client
    name, cliente, usuario, vendedor, vendeur
""")
NOT_IDS: Final = _phrases("paid, valid, void, grid, avoid, bid, rapid, aid, said, mid, kid, covid, android")
AMOUNTS: Final = _phrases("price, amount, cost, revenue, tien, gia")  # at the end: whatever else is said
BIRTH: Final = _phrases("dob, birth, birthday, birthdate, ngay sinh, ngaysinh, geburtsdatum, naissance")
