"""Words that tell names from other capitals: closed lists of English, by what they say about a name beside
them."""

from __future__ import annotations

import re

CALENDAR = frozenset(
    """
    january february march april may june july august september october november december jan feb mar apr jun jul
    aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
    christmas easter ramadan celsius fahrenheit
    """.split()
)

TITLES = frozenset(
    "mr mrs ms miss dr prof professor sir dame lord lady rev reverend st. capt col gen lt sgt".split()
)

ROLES = frozenset(
    """
    president vice premier minister prime chancellor secretary governor mayor senator congressman congresswoman
    representative judge justice general admiral captain colonel sergeant king queen prince princess pope bishop
    archbishop ambassador commissioner director chief executive ceo cfo coo cto chair chairman chairwoman
    chairperson founder co-founder cofounder head boss manager coach striker midfielder goalkeeper analyst
    economist spokesman spokeswoman spokesperson leader lawyer attorney prosecutor inspector sheriff detective
    officer engineer scientist researcher author actor actress singer editor deputy acting former treasurer
    trustee inspector archdeacon nurse doctor farmer resident driver teacher headteacher speaker counsel
    curator councillor shareholder
    """.split()
)
"""Roles before a person's name, or between an organisation's and a person's."""

ORGANISATION = frozenset(
    """
    group inc corp corporation company co ltd llc plc ag ab sa se nv gmbh bank university college institute
    ministry department agency commission committee council association federation union party board office
    authority bureau court parliament congress senate foundation fund trust holdings partners capital motors
    airlines airways energy technologies technology systems industries pharmaceuticals biologics laboratories
    labs media press times post news team club league united rovers city's fc school hospital museum society
    organisation organization alliance service services administration centre center treasury exchange
    insurance logistics foods brewery shipyard cooperative co-op mines mining steel rail railways network
    networks studios records games software
    """.split()
)

DEMONYMS = frozenset(
    """
    american british english scottish welsh irish french german italian spanish portuguese dutch belgian swiss
    austrian swedish norwegian danish finnish icelandic polish czech slovak hungarian romanian bulgarian greek
    turkish russian ukrainian estonian latvian lithuanian serbian croatian chinese japanese korean taiwanese
    indian pakistani bangladeshi thai vietnamese indonesian malaysian filipino australian canadian mexican
    brazilian argentine chilean peruvian colombian venezuelan cuban egyptian israeli palestinian saudi iranian
    iraqi syrian lebanese afghan nigerian kenyan ghanaian ethiopian moroccan algerian european african asian
    arab latin western eastern northern southern muslim christian jewish catholic protestant buddhist hindu
    republican democrat democratic olympic
    """.split()
)

ACRONYMS = frozenset(
    """
    ceo cfo coo cto gdp ipo ai it tv pc dna rna hiv faq pdf html url api vat hr pr r&d q1 q2 q3 q4 h1 h2 id gps sme
    smes esg ev evs suv ceos kpi roi iot led usb ram cpu gpu sms atm pin ok usd eur gbp nok sek dkk chf jpy cny
    rmb aud cad nzd inr brl zar pln czk huf try kr am pm gmt utc bst cet est pst covid covid-19 ph.d phd mba bc
    ad vs no nos eps ebit ebitda capex m&a etf etfs p&l cv ms mr i'm i've i'll i'd it's he's she's we're that's
    """.split()
)

PLACES = frozenset(
    """
    canal lake river sea ocean mount mountain island islands isle bay cape street road avenue square valley
    city county province state states coast bridge airport port strait gulf peninsula park forest desert lane
    harbour republic kingdom heights district region
    """.split()
)

BEFORE_PLACE = frozenset("in at near across from outside around towards toward throughout over through".split())

BEFORE_ORGANISATION = frozenset(
    """
    newspaper magazine daily weekly tabloid broadcaster website company firm maker carmaker chipmaker
    retailer airline lender start-up startup charity manufacturer operator publisher supplier insurer brewer
    """.split()
)

OF_FIRM = re.compile(
    r"[’']s?\s(?:co-)?(?:chief executive|chairman|chairwoman|chair|founder|boss|managing director|finance director"
    r"|shares|shareholders|customers|factory|factories|plant|headquarters|board|workforce|profits?|revenues?)\b"
)
"""What only a firm has."""

REPORTED = re.compile(
    r"\W{0,9}\b(?:said|says|told|added|adds|argued|argues|wrote|writes|warned|warns|called|asked|pledged|announced|resigned"
    r"|resigns|quit|quits|joined|joins|explained|explains|insisted|denied|admitted|promised|claimed|noted|stressed"
    r"|urged|suggested|estimated|predicted|forecast|concluded)\b"
)
"""A verb of speech or of a person's act, right beside a name."""

FAMILY_FIRST = frozenset(
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang "
    "xie tang song deng han feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei "
    "su lu lü ding ren yao shen jin fan fang shi xi lei qiu hou bai meng qin xue yan duan hao tao gu "
    "mao wan qian dai mo kong xiang chang".split()
)
"""The commonest Chinese family names, which are before the given name."""
