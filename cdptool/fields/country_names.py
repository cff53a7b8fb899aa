"""
What countries are called: ISO 3166 codes, English and Vietnamese names, and the names they call themselves.

One line each: ISO 2, ISO 3 (`---`: none), names parted by `|`. Names that only differ in case, accents or
punctuation stand once. Source: the locale table of libphonenumber (`phonenumbers.geodata.locale`), which is
too large to load for this, with everyday names added.
"""

from __future__ import annotations

from typing import Final

COUNTRIES: Final = """
AC --- Ascension Island
AD AND Andorra
AE ARE United Arab Emirates|Các Tiểu Vương quốc A-rập Thống nhất|الإمارات|UAE|U.A.E.
AF AFG Afghanistan|Áp-ga-ni-xtan
AG ATG Antigua and Barbuda|An-ti-gu-a và Ba-bu-đa
AI AIA Anguilla
AL ALB Albania|An-ba-ni|Shqipëria
AM ARM Armenia|Ác-mê-ni-a
AO AGO Angola|Ăng-gô-la
AQ ATA Antarctica
AR ARG Argentina|Ác-hen-ti-na
AS ASM American Samoa
AT AUT Austria|Áo|Österreich
AU AUS Australia|Úc
AW ABW Aruba
AX ALA Åland Islands
AZ AZE Azerbaijan|Ai-déc-bai-gian
BA BIH Bosnia and Herzegovina|Bô-xni-a Héc-xê-gô-vi-na
BB BRB Barbados|Bác-ba-đốt
BD BGD Bangladesh|Băng-la-đét
BE BEL Belgium|Bỉ|Belgique|België
BF BFA Burkina Faso|Buốc-ki-na Pha-xô
BG BGR Bulgaria|Bun-ga-ri|България
BH BHR Bahrain|Ba-ren
BI BDI Burundi|Bu-run-đi
BJ BEN Benin|Bê-nanh
BL BLM Saint Barthélemy
BM BMU Bermuda
BN BRN Brunei|Bru-nây|Brunei Darussalam
BO BOL Bolivia|Bô-li-vi-a|Bolivia, Plurinational State of
BQ BES Bonaire, Sint Eustatius and Saba
BR BRA Brazil|Bra-xin|Brasil
BS BHS Bahamas|Ba-ha-ma
BT BTN Bhutan
BV BVT Bouvet Island
BW BWA Botswana|Bốt-xoa-na
BY BLR Belarus|Bê-la-rút
BZ BLZ Belize|Bê-li-xê
CA CAN Canada|Ca-na-đa
CC CCK Cocos Islands
CD COD The Democratic Republic Of Congo|DR Congo|Democratic Republic of the Congo
CF CAF Central African Republic|Cộng hòa Trung Phi
CG COG Congo|Công-gô|Republic of the Congo
CH CHE Switzerland|Thụy Sĩ|Schweiz|Suisse|Svizzera
CI CIV Côte d'Ivoire|Bờ Biển Ngà|Ivory Coast
CK COK Cook Islands
CL CHL Chile|Chi-lê
CM CMR Cameroon|Ca-mơ-run|Cameroun
CN CHN China|Trung Quốc|中国|PRC|P.R. China
CO COL Colombia|Cô-lôm-bi-a
CR CRI Costa Rica|Cốt-xta Ri-ca
CU CUB Cuba|Cu Ba
CV CPV Cape Verde|Cáp-ve
CW CUW Curaçao
CX CXR Christmas Island
CY CYP Cyprus|Síp
CZ CZE Czech Republic|Cộng hòa Séc|Česká republika|Czechia|Česko
DE DEU Germany|Đức|Deutschland
DJ DJI Djibouti|Gi-bu-ti
DK DNK Denmark|Đan Mạch|Danmark
DM DMA Dominica
DO DOM Dominican Republic|República Dominicana
DZ DZA Algeria|An-giê-ri|الجزائر|Algérie
EC ECU Ecuador|Ê-cu-a-đo
EE EST Estonia|E-xtô-ni-a|Eesti
EG EGY Egypt|Ai Cập|مصر
EH ESH Western Sahara|Tây Sahara
ER ERI Eritrea|Ê-ri-tơ-rê-a
ES ESP Spain|Tây Ban Nha|España
ET ETH Ethiopia|Ê-ti-ô-pi-a
FI FIN Finland|Phần Lan|Suomi
FJ FJI Fiji|Phi-gi
FK FLK Falkland Islands
FM FSM Micronesia|Mi-crô-nê-xi-a
FO FRO Faroe Islands
FR FRA France|Pháp
GA GAB Gabon|Ga-bông
GB GBR United Kingdom|Vương quốc Anh|Royaume-Uni|Vereinigtes Königreich|Reino Unido|Regno Unito|英国|イギリス|영국|UK|U.K.|Great Britain|England|Scotland|Wales|Northern Ireland|Anh|Anh Quốc
GD GRD Grenada|Grê-na-đa
GE GEO Georgia|Gru-di-a
GF GUF French Guiana
GG GGY Guernsey
GH GHA Ghana|Gha-na
GI GIB Gibraltar
GL GRL Greenland
GM GMB Gambia|Găm-bi-a
GN GIN Guinea|Ghi-nê
GP GLP Guadeloupe
GQ GNQ Equatorial Guinea|Ghi-nê Xích-đạo
GR GRC Greece|Hy Lạp|Ελλάδα
GS SGS South Georgia And The South Sandwich Islands
GT GTM Guatemala|Goa-tê-ma-la
GU GUM Guam
GW GNB Guinea-Bissau|Ghi-nê Bít-xao
GY GUY Guyana|Guy-a-na
HK HKG Hong Kong|香港|Hong Kong SAR
HM HMD Heard Island And McDonald Islands
HN HND Honduras|Hôn-đu-rát
HR HRV Croatia|Crô-a-ti-a|Hrvatska
HT HTI Haiti|Ha-i-ti
HU HUN Hungary|Hung-ga-ri|Magyarország
ID IDN Indonesia|Nam Dương|In-đô-nê-xi-a
IE IRL Ireland|Ai-len|Éire
IL ISR Israel|I-xra-en|ישראל
IM IMN Isle Of Man
IN IND India|Ấn Độ|भारत
IO IOT British Indian Ocean Territory
IQ IRQ Iraq|I-rắc|العراق
IR IRN Iran|I-ran|Iran, Islamic Republic of
IS ISL Iceland|Ai-xơ-len|Ísland
IT ITA Italy|Ý|Italia
JE JEY Jersey
JM JAM Jamaica|Ha-mai-ca
JO JOR Jordan|Gióc-đa-ni|الأردن
JP JPN Japan|Nhật Bản|日本|Nhật
KE KEN Kenya|Kê-ni-a
KG KGZ Kyrgyzstan|Cư-rơ-gư-xtan
KH KHM Cambodia|Campuchia|Cam-pu-chia
KI KIR Kiribati|Ki-ri-ba-ti
KM COM Comoros|Cô-mô
KN KNA Saint Kitts And Nevis|Xan-kít và Nê-vi
KP PRK North Korea|Bắc Triều Tiên|Triều Tiên
KR KOR South Korea|Hàn Quốc|대한민국|Korea|Republic of Korea|Korea, Republic of|Nam Hàn
KW KWT Kuwait|Cô-oét
KY CYM Cayman Islands
KZ KAZ Kazakhstan|Ka-dắc-xtan
LA LAO Laos|Lao PDR
LB LBN Lebanon|Li-băng
LC LCA Saint Lucia|Xan Lu-xi
LI LIE Liechtenstein|Lich-ten-xtên
LK LKA Sri Lanka|Xri Lan-ca
LR LBR Liberia|Li-bê-ri-a
LS LSO Lesotho|Lê-xô-thô
LT LTU Lithuania|Li-tu-a-ni-a|Lietuva
LU LUX Luxembourg|Lúc-xăm-bua|Luxemburg
LV LVA Latvia|Lát-vi-a|Latvija
LY LBY Libya|Li-bi
MA MAR Morocco|Ma-rốc|المغرب|Maroc
MC MCO Monaco|Mô-na-cô
MD MDA Moldova|Môn-đô-va|Moldova, Republic of
ME MNE Montenegro
MF MAF Saint Martin
MG MDG Madagascar|Ma-đa-gát-xca
MH MHL Marshall Islands|Quần đảo Mác-san
MK MKD Macedonia|Ma-xê-đô-ni-a|Македонија|North Macedonia
ML MLI Mali|Ma-li
MM MMR Myanmar|Mi-an-ma|Burma|Miến Điện
MN MNG Mongolia|Mông Cổ
MO MAC Macao|澳门特区
MP MNP Northern Mariana Islands
MQ MTQ Martinique
MR MRT Mauritania|Mô-ri-ta-ni
MS MSR Montserrat
MT MLT Malta|Man-ta
MU MUS Mauritius|Mô-ri-xơ
MV MDV Maldives|Man-đi-vơ
MW MWI Malawi|Ma-la-uy
MX MEX Mexico|Mê-hi-cô
MY MYS Malaysia|Ma-lay-xi-a
MZ MOZ Mozambique|Mô-dăm-bích
NA NAM Namibia|Nam-mi-bi-a
NC NCL New Caledonia
NE NER Niger|Ni-giê
NF NFK Norfolk Island
NG NGA Nigeria|Ni-giê-ri-a
NI NIC Nicaragua|Ni-ca-ra-goa
NL NLD Netherlands|Hà Lan|Nederland|The Netherlands|Holland
NO NOR Norway|Na Uy|Norge
NP NPL Nepal|Nê-pan
NR NRU Nauru
NU NIU Niue
NZ NZL New Zealand|Niu Di-lân
OM OMN Oman|Ô-man
PA PAN Panama|Pa-na-ma
PE PER Peru|Pê-ru
PF PYF French Polynesia
PG PNG Papua New Guinea|Pa-pu-a Niu Ghi-nê
PH PHL Philippines|Phi-lip-pin|The Philippines
PK PAK Pakistan|Pa-ki-xtan
PL POL Poland|Ba Lan|Polska
PM SPM Saint Pierre And Miquelon
PN PCN Pitcairn
PR PRI Puerto Rico
PS PSE Palestine
PT PRT Portugal|Bồ Đào Nha
PW PLW Palau
PY PRY Paraguay|Pa-ra-goay
QA QAT Qatar|Ca-ta
RE REU Reunion
RO ROU Romania|Ru-ma-ni
RS SRB Serbia
RU RUS Russia|Nga|Россия|Russian Federation|Liên bang Nga
RW RWA Rwanda|Ru-an-đa
SA SAU Saudi Arabia|A-rập Xê-út|السعودية
SB SLB Solomon Islands|Quần đảo Xô-lô-mông
SC SYC Seychelles|Xây-sen
SD SDN Sudan|Xu-đăng
SE SWE Sweden|Thụy Điển|Sverige
SG SGP Singapore|Xin-ga-po|新加坡|Sing
SH SHN Saint Helena
SI SVN Slovenia|Xlô-ven-ni-a|Slovenija
SJ SJM Svalbard And Jan Mayen
SK SVK Slovakia|Xlô-va-ki-a|Slovenská republika
SL SLE Sierra Leone|Xi-ê-ra Lê-ôn
SM SMR San Marino|Xan Ma-ri-nô
SN SEN Senegal|Xê-nê-gan
SO SOM Somalia|Xô-ma-li
SR SUR Suriname|Xu-ri-nam
SS SSD South Sudan
ST STP Sao Tome And Principe|Xao Tô-mê và Prin-xi-pê
SV SLV El Salvador|En-san-va-đo
SX SXM Sint Maarten (Dutch part)
SY SYR Syria|Xi-ri|Syrian Arab Republic
SZ SWZ Swaziland|Xoa-di-len
TA --- Tristan da Cunha
TC TCA Turks And Caicos Islands
TD TCD Chad|Sát
TF ATF French Southern Territories
TG TGO Togo|Tô-gô
TH THA Thailand|Thái Lan|ประเทศไทย
TJ TJK Tajikistan|Tát-gi-ki-xtan
TK TKL Tokelau
TL TLS Timor-Leste|East Timor|Đông Timor
TM TKM Turkmenistan|Tuốc-mê-ni-xtan
TN TUN Tunisia|Tuy-ni-di|تونس|Tunisie
TO TON Tonga|Tông-ga
TR TUR Turkey|Thổ Nhĩ Kỳ|Türkiye
TT TTO Trinidad and Tobago|Tri-ni-đát và Tô-ba-gô
TV TUV Tuvalu|Tu-va-lu
TW TWN Taiwan|Đài Loan|台湾地区|台湾|臺灣
TZ TZA Tanzania|Tan-da-ni-a|Tanzania, United Republic of
UA UKR Ukraine|U-crai-na|Україна
UG UGA Uganda|U-gan-đa
UM UMI United States Minor Outlying Islands
US USA United States|Hoa Kỳ|Etats-Unis|Vereinigte Staaten von Amerika|Estados Unidos|Stati Uniti|美国|アメリカ合衆国|미국|Verenigde Staten|U.S.A.|U.S.|America|United States of America|Mỹ
UY URY Uruguay|U-ru-goay
UZ UZB Uzbekistan|U-dơ-bê-ki-xtan
VA VAT Vatican|Va-ti-căng
VC VCT Saint Vincent And The Grenadines|Xan Vin-xen và Grê-na-din
VE VEN Venezuela|Vê-nê-zu-ê-la|Venezuela, Bolivarian Republic of
VG VGB British Virgin Islands
VI VIR U.S. Virgin Islands
VN VNM Vietnam|Việt Nam|Vietnam SR|CHXHCN Việt Nam
VU VUT Vanuatu|Va-nu-a-tu
WF WLF Wallis And Futuna
WS WSM Samoa|Xa-moa
XK XKX Kosovo|Cô-xô-vô|Kosova
YE YEM Yemen|Y-ê-men
YT MYT Mayotte
ZA ZAF South Africa|Nam Phi
ZM ZMB Zambia|Dăm-bi-a
ZW ZWE Zimbabwe|Dim-ba-bu-ê
"""
