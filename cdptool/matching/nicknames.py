"""
Short forms that stand for a given name: Bob and Robert, Betty and Elizabeth; and one name in many spellings (Mohammed).

A name may be short for several (Alex), so names are alike where they share a group, and the relation is not passed on.
"""

from typing import Final

# One group per line: the name, then what it is called. Lower case, without accents.
GROUPS: Final = tuple(
    tuple(line.split())
    for line in """
abigail abby abbie gail
alan al allan allen
albert al bert bertie
alexander alex al sandy alec xander sasha alexr
alexandra alex sandra sandy lexi sasha
alfred alf fred al alfie
alison ali allie
amanda mandy
andrew andy drew andw
angela angie ange
ann anne annie anna nan hannah
anthony tony ant
antonio tony toni
arthur art artie
barbara barb barbie babs
benjamin ben benny benji benj
bernard bernie
beverley bev
bradley brad
brian bri
caroline carol carrie caro
catherine cathy kate katie kathy cat kitty cath kit cathne
charles charlie chuck chas chaz
charlotte lottie charlie
christina tina chris chrissy christine
christine chris tina chrissy
christopher chris kit topher
clifford cliff
cynthia cindy
daniel dan danny danl
david dave davey davy
deborah deb debbie debra
dennis denny den
donald don donnie
dorothy dot dottie dolly dora
douglas doug
edward ed eddie ted teddy ned edwd edw
eleanor ellie nell nelly nora
elizabeth liz lizzie beth betty bess eliza lisa libby betsy elsie lily eliz
emily em emmy millie
eric rick ricky
eugene gene
evelyn evie eve
florence flo florrie flossie
frances fran fanny frankie
francis frank frankie
franklin frank
frederick fred freddie freddy fredk
gabriel gabe
gabrielle gabby
gareth gary gaz
geoffrey geoff jeff
george georgie geo
gerald gerry jerry
gerard gerry
gilbert gil bert
gregory greg
harold harry hal
harriet hattie harry
helen nell nelly ellen
henry harry hank hal hy
herbert herb bert
howard howie
hugh hughie hugo
isaac ike zac
isabel isabelle bella izzy belle isabella
jacob jake
jacqueline jackie jacqui
james jim jimmy jamie jem jas
jane janey jenny
janet jan
jean jeannie
jeffrey jeff geoff
jennifer jen jenny jenn
jeremy jerry jez
jessica jess jessie
joan joanie
joanna jo joanne
john johnny jack jon jno
jonathan jon jonny nathan
joseph joe joey jo jos
joshua josh
joyce joy
judith judy jude
julia julie jules
julian jules
katherine kathryn kate katie kathy kat kitty kay
kenneth ken kenny
kimberly kim
laurence lawrence larry laurie lars
leonard len lenny leo
leslie les
lewis lou louis
lillian lily lil
louise lou
lucy lucille lu
madeleine maddie maddy
margaret maggie meg peggy peggie marge margie greta madge rita daisy margt
maria mary marie
martha marty patty
martin marty
mary molly polly mamie may
matilda tilly mattie maud
matthew matt matty
maurice morris
maximilian max
maxwell max
michael mike mick mickey micky mitch michl
michelle shelly shell
mildred millie
mitchell mitch
nancy nan
natalie nat nattie
natasha tasha
nathaniel nathan nat nate nathl
nicholas nick nicky nico
nicola nicky nikki nic
nicole nicky nikki nic
norman norm
oliver ollie noll
olivia liv livvy
oscar ozzie
pamela pam
patricia pat patty tricia trish patsy
patrick pat paddy patk
paul pauly
penelope penny
percival percy
peter pete
philip phil pip phillip
philippa pippa pip
priscilla cilla
rachel rach
raymond ray
rebecca becky becca bec
reginald reg reggie
richard rick dick rich ricky richie dickie richd
robert bob rob bobby robbie bert robin robt
roberta bobbie
rodney rod
roger rodge
roland rollo rolly
ronald ron ronnie
rosemary rose rosie
roxanne roxy
rupert bert
russell russ
ruth ruthie
samantha sam sammy
samuel sam sammy saml
sandra sandy
sarah sally sadie sara zara
sebastian seb
sharon shaz
sidney sid
simon si
sophia sophie
stanley stan
stephanie steph stevie
stephen steve stevie steven
steven steve stevie
stuart stu stewart
susan sue susie suzie suzy susanna
suzanne sue suzie
sylvester sly
sylvia sylvie
terence terry tel
teresa theresa tess terry tessa
theodore ted teddy theo
theresa tess terry tessa
thomas tom tommy thos
timothy tim timmy
toby tobias
valerie val
vanessa nessa
veronica ronnie vera
victor vic
victoria vicky vicki tori vic
vincent vince vinny
virginia ginny ginger
vivian viv
walter walt wally waltr
wilfred wilf fred
william bill billy will willie liam willy wm willm
winifred winnie freda
yvonne vonnie
zachary zach zac zack
johannes hans hannes jan
friedrich fritz fred
josef sepp
heinrich heinz heiner
margarete gretel grete
katharina kathi kati
jose pepe
francisco paco pancho
guadalupe lupe
alejandro alex
ivan vanya
alexei alyosha
dmitri dima mitya
mikhail misha
muhammad mohammad mohammed mohamed mohamad muhammed muhamad muhamed mohd mhd
ahmad ahmed
hussein hussain husain husein hossein
yousef yusuf youssef yusef
ibrahim ebrahim ibraheem
abraham abe abm abrm
archibald archie archd
aleksandr alexander oleksandr aleksander alexandre
alexei alexey aleksei aleksey oleksiy alexej
andrei andrey andriy andrej andrew
dmitri dmitry dmitriy dmitrij dimitri dmytro
yevgeny evgeny evgeni evgeniy yevgeniy yevhen eugene
ekaterina yekaterina kateryna catherine katerina
elena olena yelena helena
grigory grigoriy grigori hryhoriy
igor ihor
maxim maksim maksym
mikhail mykhailo michail mihail
nikolai nikolay nikolaj mykola
oleg oleh
olga olha
pavel pavlo pawel
petr pyotr petro piotr
sergei sergey serguei serhiy sergej
svetlana svitlana
tatiana tatyana tetiana tatjana
natalia natalya nataliya nataliia natalie
vasily vasiliy vasyl
vladimir volodymyr wladimir
yuri yury yurii iurii jurij
abdullah abdallah abdulla
bilal belal
faisal faysal feisal
fatima fatma fatimah
aisha ayesha aicha
hamid hameed
hassan hasan
jamal gamal djamal
karim kareem
khalid khaled halid
mahmoud mahmud mahmood
majid majeed
mustafa mostafa moustafa
nasser nasir naser
omar umar omer
osama usama oussama
osman othman uthman
rashid rasheed rachid
said saeed sayed saied
salim saleem selim
sharif shareef cherif
suleiman sulaiman soliman suleyman
tariq tarek tarik
walid waleed oualid
zainab zeinab zaynab
zaid zayd zayed
""".strip().splitlines()
)
NO_GROUP: Final[frozenset[int]] = frozenset()
GROUPS_OF: Final[dict[str, frozenset[int]]] = {
    name: frozenset(i for i, group in enumerate(GROUPS) if name in group)
    for group in GROUPS
    for name in group
}
