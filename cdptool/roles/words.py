"""
The words in column names that say what part a column plays, in the languages that exports come in.

Folded, whole words; a phrase of several words also stands for them written as one (`firstname`). Of the phrases in
a name the longest speaks, of equally long ones the role that stands first here.
"""

from typing import Final


def phrases(text: str) -> tuple[str, ...]:
    """
    The phrases of a text that has commas between them.

    >>> phrases("street name, road")
    ('street name', 'road')
    """
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


# What people type where they know nothing, in any field; folded.
NOTHING: Final = phrases("""
    unknown, not known, not given, none, na, n a, null, nil, xxx, xx, x, test, tester, dummy, guest,
    customer, anonymous, no name, noname, no address, default, tbd, various, walk in, missing, walk in
    customer, guest customer, unbekannt, inconnu, desconocido, desconhecido, sconosciuto, onbekend,
    nieznany, bilinmiyor, khach, khach le, khach hang, khong, khong co, khong ro, khong biet, chua co,
    chua ro, vang lai, khach vang lai
""")
NOBODYS_MAIL: Final = r"^(?:test|tester|none|no|noemail|nomail|noreply|no-reply|donotreply|unknown|na|null|khongco|khong|abc|xxx|email|mail)@"

# Role → phrases of a name.
PHRASES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "email",
        phrases("""
            электронная почта, эл почта, почта e mail, 邮箱, 电子邮箱, 电子邮件, メールアトレス, メール, 이메일,
            email, emails, e mail, mail, email address, mail address, emailadres, emailadresse, e post,
            epost, eposta, e posta, posta elettronica, correo, correo electronico, correio, courriel, smtp
            addr, smtp, elektronische adresse, thu dien tu, hom thu, sahkoposti
        """),
    ),
    (
        "website",
        phrases("""
            website, web site, webseite, homepage, home page, internet, internetadresse, site web, site
            internet, sito, sito web, pagina web, sitio web, strona www, strona, www, web, url, uri,
            domain, domain name, domaine, web address, web sitesi, trang web
        """),
    ),
    (
        "phone",
        phrases("""
            телефон, номер телефона, моб телефон, мобильныи, тел, 电话, 电话号码, 手机, 手机号, 手机号码, 联系电话, 電話,
            電話番号, 携帯電話, 携帯番号, 전화번호, 휴대폰, 연락처,
            phone, phones, phone number, telephone, tel, telf, telno, tel no, mobile, mobile no, mob,
            cell, cellphone, msisdn, fax, ph, mobile phone, cell phone, contact no, contact number, sdt,
            dt, so dt, dien thoai, di dong, telefon, telefonnummer, rufnummer, handy, handynummer, mobil,
            mobilnummer, mobiltelefon, telefono, telefone, telemovel, movil, celular, cellulare, cep tel,
            cep telefonu, gsm, telefoon, telefoonnummer, mobiel, portable, komorka, mobilnr, mobitel,
            telefonszam, no hp, no telp, telp, telefax, switchboard, hotline, main line, tel kom, puhelin,
            fono, fone, whatsapp, zalo
        """),
    ),
    (
        "place",
        phrases("""
            bpl, birthpl,
            birth place, place of birth, born in, birth city, birth state, birth country, noi sinh,
            geburtsort, geburtsland, lieu naissance, lieu de naissance, ville naissance, commune
            naissance, pays naissance, lugar de nacimiento, lugar nacimiento, local de nascimento,
            naturalidade, luogo di nascita, luogo nascita, comune di nascita, geboorteplaats,
            geboorteland, miejsce urodzenia, dogum yeri
        """),
    ),
    (
        "birth_date",
        phrases("""
            дата рождения, д р, год рождения, дата народження, 出生日期, 生日, 出生年月, 生年月日, 생년월일,
            dob, d o b, birth, brth dt, dt of birth, ne le, ne e le, nee le, birthday, bday, birth date,
            birth dt, date of birth, date birth, dt birth, born, birth year, year of birth, yob, ngay
            sinh, nam sinh, geburtsdatum, geburtstag, geburtsjahr, geb, gebdat, geb datum, gbdat,
            naissance, date naissance, date de naissance, annee naissance, nacimiento, fecha nacimiento,
            fecha de nacimiento, fec nac, fecha nac, fecha de nac, f nac, data nasterii, szuletesi datum,
            datum rodenja, datum rodjenja, rodne datum, nascimento, data nascimento, data de nascimento,
            data nasc, dt nasc, nasc, nascita, data nascita, data di nascita, geboortedatum, geboorte,
            geboortejaar, geb dat, urodzenia, data urodzenia, data ur, rok urodzenia, dogum, dogum tarihi,
            fodselsdato, fodelsedatum, fodselsdag, syntymaaika, narozeni, datum narozeni, tanggal lahir
        """),
    ),
    (
        "founded",
        phrases("""
            date of registration, registration date, date registered, incorporation date, date of incorporation, incorporated, founded, date founded, year founded,
            foundation date, established, date established, year established, opening date, open date, date opened,
            grundung, grundungsdatum, grundungsjahr, gegrundet, date de creation, date creation, annee creation,
            fecha constitucion, fecha de constitucion, data abertura, data de abertura, data costituzione,
            oprichtingsdatum, data zalozenia, ngay thanh lap, nam thanh lap
        """),
    ),
    (
        "age",
        phrases(
            "возраст, 年龄, 年齢, 나이, age, ages, age years, alter, edad, idade, leeftijd, wiek, eta, tuoi, yas, alder, ika"
        ),
    ),
    (
        "given",
        phrases("""
            имя, ім я, 名, 名字,
            namefrst, first nm,
            first name, given name, given names, given, forename, forenames, fname, christian name, name
            first, name given, f name, first nm, firstnm, prenume, nama depan, vorname, vornamen, rufname,
            prenom, prenoms, primer nombre, nombre de pila, primeiro nome, nome proprio, voornaam,
            voornamen, roepnaam, imie, imiona, pierwsze imie, fornavn, fornamn, etunimi, krestni jmeno,
            keresztnev, ten goi
        """),
    ),
    (
        "initials",
        phrases(
            "preferred name, preferred first name, known as, initials, voorletters, initialen, initiales, iniciales, inicjaly"
        ),
    ),
    (
        "middle",
        phrases("""
            отчество,
            other names, othernames,
            middle name, middle names, middle, mname, middle initial, m name, middle nm, midl name, name
            middle, second name, zweiter vorname, segundo nombre, nome do meio, secondo nome, drugie imie,
            ten dem, ten lot
        """),
    ),
    (
        "family",
        phrases("""
            фамилия, прізвище, 姓,
            last name, surname, surnames, family name, family, lname, name last, name family, l name, last
            nm, lastnm, sname, nama belakang, nachname, familienname, zuname, apellido, apellidos, primer
            apellido, segundo apellido, nom de famille, nom famille, nom usage, cognome, cognomi,
            sobrenome, ultimo nome, apelido, achternaam, familienaam, nazwisko, soyad, soyadi, soy isim,
            soyisim, efternavn, efternamn, etternavn, sukunimi, prijmeni, vezeteknev, prezime, ho
        """),
    ),
    ("before_family", phrases("tussenvoegsel, tussenvoegsels, voorvoegsel, voorvoegsels, namensvorsatz")),
    (
        "full_name",
        phrases("""
            фио, ф и о, 姓名, 氏名, 名前, お名前, 이름, 성명, 성함,
            full name, person name, nombre completo, nombre y apellidos, nombres y apellidos, nome
            completo, nome e cognome, cognome e nome, nominativo, nom complet, nama, nama lengkap, nom et
            prenom, nom prenom, vor und nachname, vollstandiger name, volledige naam, imie i nazwisko,
            nume si prenume, ime i prezime, policyholder, policy holder, account holder, payee, nazwisko i
            imie, ad soyad, adi soyadi, isim soyisim, ho ten, hoten, ho va ten, cardholder, ten khach
            hang, ten kh, khach hang, file as
        """),
    ),
    (
        "house_number",
        phrases("""
            дом, номер дома,
            numero voie,
            street number, house number, house no, housenumber, house num, street no, street num, so nha,
            hausnummer, hausnr, haus nr, building number, huisnummer, huisnr, huis nr, nr domu, numer
            domu, numero civico, civico, num via, kapi no, husnummer
        """),
    ),
    (
        "unit",
        phrases("""
            apt, apt no, house number addition, huisletter, po box, building, apartment, unit, unit no,
            flat, flat no, suite, huisnummer toevoeging, toevoeging, nr lokalu, numer lokalu, lokal,
            wohnung, daire no, piso, interno, complemento, address line 2, address 2, addr 2, line 2,
            street 2, adresse 2, direccion 2
        """),
    ),
    (
        "postcode",
        phrases("""
            индекс, почтовыи индекс, 邮编, 邮政编码, 郵便番号, 우편번호,
            post code, postcode, zip, zip code, postal code, postal, plz, zipcd, postcd, pcode,
            iranyitoszam, postanski broj, kode pos, pstlz, pin code, pincode, eircode, postleitzahl,
            postnummer, postnr, post nr, code postal, codigo postal, cod postal, cep, kod pocztowy, posta
            kodu, ma buu, ma buu chinh, ma buu dien, postinumero, psc
        """),
    ),
    (
        "state",
        phrases("""
            область, 省, 省份, 都道府県,
            st cd, prov,
            state, region, county, bang, bundesland, departement, provincia, provincie, estado,
            prefecture, state province, province code, state code, judet, zupanija, wojewodztwo, kanton,
            canton, oblast, eyalet, emirate
        """),
    ),
    (
        "city",
        phrases("""
            город, місто, 城市, 市区町村, 도시,
            residence, last residence, place of residence, boro, sitz,
            city, town, post town, postal town, location, cty, telepules, localitate, postitoimipaikka,
            suburb, village, municipality, district, ward, commune, province, locality, borough,
            neighborhood, neighbourhood, parish, tinh, thanh pho, tinh thanh, quan, huyen, phuong, xa,
            ort, ort name, wohnort, ortschaft, stadt, gemeinde, ville, localite, ciudad, poblacion,
            localidad, municipio, barrio, bairro, cidade, comune, citta, localita, woonplaats, plaats,
            stad, gemeente, miejscowosc, miasto, gmina, sehir, ilce, semt, poststed, postort, kaupunki,
            mesto, obec, kota
        """),
    ),
    (
        "address",
        phrases("""
            адрес, адреса, улица, 地址, 住所, 주소,
            address, addr, adr, address line, street, street name, street address, road, stras, dia chi,
            diachi, adresse, anschrift, strasse, strassenname, rue, voie, direccion, calle, domicilio,
            endereco, logradouro, rua, morada, indirizzo, adres, straat, straatnaam, ulica, cadde, sokak,
            gata, gatuadress, osoite, ulice, katuosoite, adresa, cim, registered office, head office,
            strt, utca, alamat
        """),
    ),
    (
        "registration",
        phrases("""
            огрн, егрпоу,
            uei, cik, irs number, irs no,
            authority entity id, charity number, charity no, provider id, provider number, urn, ukprn, establishment number,
            siren, siret, hrb, handelsregister, handelsregisternummer, registernummer, register number,
            register no, registration number, registration no, registered number, company number, company
            no, company reg no, crn, abn, acn, uen, org nr, orgnr, organisationsnummer, organisation number,
            cvr, lei, duns, npi, kvk, kvk nummer, kvk nr, regon, krs, reg no, regnumber
        """),
    ),
    (
        "national_id",
        phrases("""
            инн, снилс, паспорт, 身份证, 身份证号, 身份证号码, 统一社会信用代码, 주민등록번호,
            cod fisc,
            facility id, facility number, entity id, company id,
            voter id, voter reg num, ssn, soc sec id, social security, national id, national number, nhs
            number, nhs no, nino, ni number, passport, passport no, passport number, pass nr, doc no,
            document no, document number, documento, pasaporte, passeport, passaporto, paszport, tax id, tax
            number, tax code, tax ref, taxpayer id, federal id, fed id, soc sec no, citizen id, rodne cislo,
            cnp, nik, tax no, tin, ein, fein, vat, vat id, vat no, vat number, vat reg no, nif, nie, cif,
            dni, cpf, cnpj, curp, rfc, rut, cedula, codice fiscale, cod fiscale, partita iva, p iva, piva,
            pesel, nip, tckn, tc kimlik, tc kimlik no, kimlik no, vergi no, vkn, bsn, btw, btw nummer, btw
            nr, tva, no tva, tva intracom, num tva, ust id, ustid, ust id nr, ust idnr, u st id nr, u st id,
            umsatzsteuer id, steuernummer, steuer id, ust nr, stceg, stcd, gstin, pan, aadhaar, insee,
            personnummer, fodselsnummer, svnr, sozialversicherungsnummer, ahv, cccd, cmnd, identity card, id
            card, license, licence, drivers license, driver license, licence no, license number, drivers
            lic, steuernr, ma so thue, mst, iban
        """),
    ),
    (
        "identifier",
        phrases("""
            account number, account no,
            card number, card no, id number, id no, id nr, member number, mitgliedsnummer, loyalty card,
            member no, member id, customer id, customer no, customer number, client id, patient id, mrn,
            student id, kundennummer, kunden nr, kundennr, kdnr, ma kh, membership number
        """),
    ),
    (
        "workplace",
        phrases("""
            employer, employer name, affiliation, affiliations, workplace, work place, institution, institution name,
            practice, practice name, clinic, clinic name, arbeitgeber, employeur, empleador, empregador, datore di lavoro,
            werkgever, pracodawca, isveren, noi lam viec, co quan, don vi cong tac
        """),
    ),
    (
        "organisation",
        phrases("""
            компания, организация, наименование, наименование организации, 公司, 公司名称, 企业名称, 单位名称,
            会社名, 회사명,
            company, company name, organisation, organization, organisation name, org, business, business
            name, firm, firm name, site name, site, shop name, store name, restaurant, restaurant name,
            venue, venue name, vendor, vendor name, supplier, supplier name, merchant, merchant name,
            account name, legal name, trading name, trade name, entity name, facility, facility name,
            school, school name, hospital, hospital name, dba, name org, trading as, establishment, shop,
            firmenbezeichnung, unternehmensname, nom commercial, nombre comercial, nome comercial, unvani,
            firma, firmenname, unternehmen, betrieb, firmierung, lieferant, societe, entreprise,
            raison sociale, denomination, denomination sociale, enseigne, fournisseur, empresa, nombre
            empresa, razon social, proveedor, razao social, nome fantasia, fornecedor, azienda, ditta,
            ragione sociale, denominazione, fornitore, bedrijf, bedrijfsnaam, handelsnaam, leverancier,
            nazwa, nazwa firmy, dostawca, sirket, unvan, ticari unvan, isletme, cong ty, ten cong ty,
            doanh nghiep, ten doanh nghiep, ten don vi, foretag, yritys
        """),
    ),
    (
        "category",
        phrases("""
            пол, гражданство, профессия, 性别, 性別, 国籍, 职业, 성별,
            relate,
            gender, gender code, gndr, jenis kelamin, sex, gioi tinh, geschlecht, sexe, sexo, sesso,
            geslacht, plec, cinsiyet, kjonn, occupation, job, job title, profession, beruf, metier,
            ocupacion, profesion, professione, beroep, zawod, meslek, nghe nghiep, nationality,
            nationalitat, staatsangehorigkeit, nationalite, nacionalidad, nacionalidade, nazionalita,
            citizenship, country, country code, ctry, quoc gia, land, pays, pais, paese, kraj, ulke,
            cuisine, industry, sector, type, category, religion, ethnicity, race, race code, father name,
            fathers name, mother name, mothers name, relation, relationship, relat, relation to head, occ, occup,
            marital condition, specialty, speciality, ethnic, ethnic code,
            sic, sic code, nace, naics, naics code
        """),
    ),
    (
        "contact",
        phrases("""
            geschaeftsfuehrer,
            contact, contact name, contact person, main contact, key contact, contact full name, owner
            name, owner, director, director name, executive director, ceo, principal, manager name,
            representative, legal representative, ansprechpartner, inhaber, geschaftsfuhrer,
            interlocuteur, dirigeant, gerant, responsable, contacto, persona contacto, representante,
            representante legal, contatto, referente, legale rappresentante, contactpersoon, osoba
            kontaktowa, prezes, yetkili, ilgili kisi, nguoi lien he, nguoi dai dien, giam doc
        """),
    ),
    ("phone", ("cep",)),  # Turkish, where it reads as no Brazilian postcode
    (
        "name",
        phrases("""
        name, names, nom, nome, nombre, nombres, naam, navn, namn, ad, adi, isim, ten, jmeno, ime, nimi, nev, nume
    """),
    ),
)
# Names that mean this only where nothing else stands in them (but for words of WRAPPERS and PEOPLE).
ALONE: Final = {
    "number": "house_number", "no": "house_number", "nr": "house_number", "numero": "house_number",
    "mi": "middle", "first": "given", "last": "family", "fn": "given", "ln": "family", "st": "state",
    "cap": "postcode", "cp": "postcode", "uf": "state", "via": "address", "str": "address", "cf": "national_id", "mel": "email",
    "c p": "postcode", "kod": "postcode", "grad": "city", "bday": "birth_date", "il": "state", "mail": "email", "pax": "full_name", "whom": "full_name",
}  # fmt: skip
FIRM_WORDS: Final = (
    r"\b(?:inc|llc|llp|ltd|limited|corp|co|company|gmbh|ag|kg|ug|ohg|plc|bv|nv|sarl|sas|eurl|sci|sa|srl|spa|snc|sl|slu|ltda|eireli|sp z o o"
    r"|sirketi|sti|a s|b v|n v|s r l|s p a|s a r l|s l|s a|e k|oy|oyj|ab|aps|kft|pvt|pty|cty|cong ty|tnhh|ctcp|kk|restaurant|cafe|grill|bar|hotel|inn"
    r"|school|center|centre|church|clinic|hospital|shop|store|market|services?|group|association|club|agency|bank|systems?"
    r"|solutions?|the|of|and|kitchen|house|bistro|deli|pizza|foundation|university|college|academy|studio|partners)\b"
)
OF_BIRTH: Final = phrases("""
    birth, dob, geb, geburts, geburt, born, naissance, nacimiento, nasc, nascimento, nascita, geboorte,
    urodzenia, ur, dogum, sinh, b
""")
PARTS_OF_BIRTH: Final = {
    "year": phrases("""
        by, year, yyyy, yr, jahr, annee, ano, anio, anno, jaar, rok, yil, nam, yob
    """),
    "month": phrases("""
        bm, month, mm, mon, monat, mois, mes, mese, maand, miesiac, ay, thang, mob
    """),
    "day": phrases("""
        bd, day, dd, tag, jour, dia, giorno, dag, dzien, gun, ngay
    """),
}
