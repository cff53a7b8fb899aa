"""
The words in column names that say of whom or of what a column speaks, beside what it holds (`words`).

Folded, whole words, and several of them as one phrase or written as one.
"""

from typing import Final

from cdptool.roles.words import phrases

# Words that say whose or which one, and change nothing of what a column is.
WRAPPERS: Final = frozenset(
    phrases("""
    pt, pat, patient, cust, customer, client, contact, member, guest, student, person, applicant, insured,
    subscriber, billing, holder, bill, shipping, ship, mailing, home, primary, default, res,
    residential, remit, legal, reg, registered, main, value, desc, lbl, nm, txt, current, the, of, own,
    my, your, personal, permanent, kunde, kunden, client, cliente, musteri, klient
""")
)
# Who may be called by a `name`, or by a column that is called like this alone.
PEOPLE: Final = frozenset(
    phrases("""
    customer, client, member, patient, employee, guest, passenger, pax, patron, borrower, student, holder,
    insured, subscriber, applicant, buyer, recipient, candidate, participant, attendee, donor,
    resident, traveller, traveler, user, person, worker, debtor, tenant, author, payee, beneficiary,
    inventor, grantee, kunde, kunden, gast, mitglied, patienten, mitarbeiter, cliente, paciente,
    huesped, socio, aluno, hospede, klant, relatie, lid, deelnemer, klient, musteri, hasta, ogrenci,
    adherent, abonne, pupil, learner, child, voter, delegate, nominee, registrant, practitioner, physician, doctor,
    nurse, lawyer, attorney, individual, inmate, offender, defendant, plaintiff, deceased, shareholder, professor,
    researcher, artist, athlete, player, licensee, claimant, taxpayer, policyholder, alumnus, contributor, creditor
""")
)
# Whatever else such a name says, the column is of somebody or something else, or of a doing.
STAFF: Final = frozenset(
    phrases("""
    owner, manager, mgr, agent, advisor, adviser, tutor, supervisor, teacher, physician, doctor, pcp,
    provider, salesperson, rep, representative, assigned, assignee, operator, referrer, referred,
    emergency, kin, sponsor, parent, betreuer, bearbeiter, sachbearbeiter, berater, verkaufer, conseiller,
    vendeur, asesor, vendedor, gestor, agente, venditore, consulente, accountmanager, opiekun, handlowiec,
    temsilci, danisman, nhan vien, phu trach, nguoi tao, nguoi dai dien, maiden, geburtsname, nom de
    naissance, guardian, official, officer, spouse, husband, wife, witness, gp, head first, head last, head name, head title,
    head teacher, headteacher, head master
""")
)
ELSEWHERE: Final = frozenset(
    phrases("""
    created, updated, modified, cap nhat, ngay tao, changed, inserted, deleted, order, orders, invoice,
    booking, login, utm, campaign, source, medium, referral, product, item, article, artikel, producto,
    produit, sku, brand, event, file, list, track, album, song, playlist, course, programme, program,
    project, page, session, device, browser, ip, mac, cookie, flight, seat, room, ticket, label, labels,
    tag, tags, status, stage, flag, note, notes, comment, comments, remark, remarks, description,
    bemerkung, notiz, ghi chu, commentaire, observaciones, observacoes, nota, opmerking, uwagi, aciklama,
    consent, optin, opt, accepts, rating, points, balance, timezone, wallet, host, username, password,
    hash, token, phonetic, phonetics, nickname, suffix, sufx, prefix, photo, image, picture, size,
    revenue, turnover, since, expires, expiry, employees, legalform, class, group
""")
)
# Where something happened, unless the rows are these places themselves.
WHERE: Final = frozenset(
    phrases("""
    store, shop, branch, site, warehouse, outlet, till, filiale, sucursal, tienda, loja, negozio, magasin,
    agence, vestiging, oddzial, sube, chi nhanh, cua hang, campus, facility, hospital, school, hotel
""")
)
# Whose name it is, beside that of the person: it tells people apart, and is none of theirs.
KIN: Final = frozenset(
    phrases(
        "mother, mothers, father, fathers, mutter, vater, mere, pere, madre, padre, mae, pai, moeder, vader"
    )
)
# How words begin of days on which people are not born.
# Another name beside the one that is borne now.
OTHER_NAMES: Final = frozenset(
    phrases("former, previous, prior, old, original, alternate, alternative, alt, other, alias, aka, akas")
)
# Of an order: who gets it, beside who pays.
RECIPIENTS: Final = frozenset(
    phrases("shipping, ship, delivery, recipient, consignee, lieferung, livraison, envio")
)
OTHER_DAYS: Final = phrases("""
    regist, filed, filing, join, hire, admi, discharg, incorp, found, establ, open, clos, start, end,
    valid, expir, sign, enrol, entr, enter, since, issue, death, died, dod, deceas, visit, due, effective,
    dissol, transact, purchas, pay, post, publish, alta, inscri, eintritt, anlage, grund, creat, cadastr,
    seit, arriv, depart, burial, buried, deposit, appoint, retir, marri
""")
OF_A_NUMBER: Final = frozenset(
    phrases("""
    type, category, status, url, code, id, domain, number, count, class, date, since, industry, title,
    department, form
""")
)
PRODUCTS: Final = frozenset(
    phrases("""
    sku, ean, upc, gtin, isbn, asin, price, brand, stock, barcode, quantity, qty, precio, prix, preis,
    model
""")
)
TITLES: Final = frozenset(phrases("title, titles, titel, titre, titulo, titolo, subject, headline"))
SAYS_NOTHING: Final = frozenset(
    phrases("""
    column, col, field, f, c, var, v, attribute, attr, feld, champ, campo, spalte, x, unnamed, val, value,
    data, text, string, a, b
""")
)
