"""The phrases by which a question says what it wants; wanted.py reads them. They see one line of words."""

from __future__ import annotations

import re

CALLS = "calls|conversations|call|conversation|dialogs|dialogues|contacts|interactions|volume|traffic"
CALLERS = "callers|caller|people|persons|customers|customer|clients|users|patients|individuals|numbers called"
_P = re.compile

WHY = _P(
    r"\b(?:why|how come|(?:what|which) (?:is|was|are|were)? ?(?:the )?(?:causes?"
    r"|causing|caused|explains?|driv(?:es|ing|ers?)(?: of)?|behind)(?: of| for)?"
    r"|(?:the )?reasons? (?:why|behind)|what (?:makes|made)|root causes?(?: of| for)?"
    r"|what went wrong|explain)\b"
)
THEMES = _P(
    r"\b(?:what (?:do|did|are|were) (?:the )?(?:callers|people|customers|users"
    r"|patients) (?:say|saying|complain(?:ing)?|talk(?:ing)?|speak(?:ing)?"
    r"|ask(?:ing)?)(?: about| for)?"
    r"|(?:what (?:are|were) )?(?:the )?(?:main |common |top |biggest )?themes?(?: in"
    r"| of| from| among| do you see(?: in)?)?|summari[sz]e|summary of (?:what|the)"
    r"|pain points?(?: in| of)?)\b"
)
RATE = _P(
    r"\b(?:(?:what|which|how (?:big|large|high)(?: is)?|tell me) (?:is |was |are "
    r"|were )?(?:the |a |our )?(?:percentage|percent|share|proportion|fraction|portion"
    r"|part)\b(?: is| was| are| were)?(?P<of1> of)?"
    r"|(?:as (?:a |an )?)?(?:the )?(?:percentage|percentages|percent|proportion|fraction)\b(?P<of2> of)?"
    r"|(?:the )?(?<!own )(?<!talk )(?:share|portion)(?P<of3> of)"
    r"|how (?:often|frequently|regularly|likely)(?: is it that| was it that)?"
    r"|what % (?P<of4>of)|(?P<of5>% of)|out of (?:all|every|100) (?:calls|callers"
    r"|conversations)? ?,? ?(?:how many|what share))"
)
WHICH_MORE = _P(r"^(?:which|what|who) .*?\b(?P<word>more|higher|fewer|lower|longer|shorter|less)\b(?! than)")
AGGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        _P(
            r"\bhow many (?:different|distinct|unique)\b|\b(?:number"
            r"|count) of (?:different|distinct|unique)\b"
        ),
        "distinct",
    ),
    (
        _P(
            r"\b(?:on average|(?:the )?(?:average|mean|typical)(?: value| number"
            r"| amount)?(?: of)?|typically|usually|averages?)\b"
        ),
        "avg",
    ),
    (
        _P(
            r"^(?:please )?count(?: the| all| up| how many)?\b|\bhow many\b"
            r"|\b(?:the )?(?:total )?(?:number|count|tally|volume) of\b"
            r"|\bhow much (?:call )?volume\b"
        ),
        "count",
    ),
    (_P(r"\bhow much(?: money| in total)?\b"), "sum"),
    (_P(r"\b(?:p|the )?(?:95th percentile|95 percentile|p95)(?: of| for)?\b"), "p95"),
    (_P(r"\b(?:the )?(?:99th percentile|99 percentile|p99)(?: of| for)?\b"), "p99"),
    (_P(r"\b(?:the )?(?:median|50th percentile|p50)(?: of| for)?\b"), "p50"),
    (_P(r"\b(?:p\d\d|\d+th percentile|\d+ percentile)\b"), "percentile"),
    (_P(r"\b(?:the )?(?:sum|combined|grand total|total value|total amount|total sum)(?: of)?\b"), "sum"),
    (_P(r"\b(?:the )?(?:maximum|max|peak(?! (?:hour|day|time|week|month)))(?: of| value of)?\b"), "max"),
    (_P(r"\b(?:the )?(?:minimum|min)(?: of| value of)?\b"), "min"),
    (_P(r"\b(?:in )?total\b"), "total"),
)
HOW_LONG = _P(r"\bhow long\b")
TOP = _P(
    r"\b(?:top (?P<n1>\d+)|(?P<n2>\d+) (?:most|biggest|main|largest) (?:common"
    r"|frequent|popular|important)?|(?P<least>least|rarest|fewest) (?:common|frequent"
    r"|popular|often|frequently)"
    r"|most (?:common|frequent|popular|often|frequently|usual|typical)(?:ly)?(?: used"
    r"| mentioned)?|most-common|(?P<top>top)(?! of)|main|leading|primary|predominant"
    r"|commonest|rank(?:ing|ed)?(?: of)?(?: the)?"
    r"|(?P<bottom>bottom)(?: (?P<n3>\d+))?)(?: (?P<n4>\d+)(?! (?:days|weeks|months"
    r"|hours)))?\b"
)
MOST = _P(
    r"\b(?:by far )?(?:the )?(?P<word>peak(?= (?:hour|day|time|week|month))|most"
    r"|highest|biggest|largest|greatest|longest"
    r"|busiest|best|fewest|lowest|least|smallest|shortest|quietest|worst|slowest"
    r"|fastest|priciest|most expensive|cheapest|strongest|weakest)"
    r"(?: (?P<n2>\d+))?(?: number of| share of| percentage of| proportion of| amount of| count of)?\b"
)
_UP = """
most highest biggest largest greatest longest busiest best slowest priciest strongest peak more higher longer
"""
UP = frozenset(_UP.split()) | {"most expensive"}
RECENT = _P(r"\b(?:the )?(?:(?P<n>\d+) )?(?:most recent|latest|newest)(?: (?P<n2>\d+))?\b")
SHOW = _P(
    r"^(?:and |now |ok |okay |so |hi |hey |hello |please |can you |could you "
    r"|would you |i would like to |i want to |i need to |let us |let me |kindly )*"
    r"(?:show|list|give|find|get|display|pull up|pull|fetch|open|bring up|return|see"
    r"|view|read|look at|go through|check)(?: me| us| out)?\b"
)
WHICH_CALLS = _P(
    rf"\b(?:which|what) (?:are |were |is |was )?(?:the |of the |all )?(?:{CALLS}|chats"
    rf"|callers)\b|\b(?:a )?list of(?: all| the)?\b|\bexamples? of\b|\bexamples?\b"
)
COMPARE = _P(
    r"\b(?:how (?:does|do|did) (?:that|this|it) compare(?: (?:to|with|against))?"
    r"|(?:as )?compared? (?:to|with|against)|compare|compares|comparison (?:of|to|with"
    r"|between)|comparison|in comparison (?:to|with)|versus|vs|relative to|against"
    r"|than|differs?|var(?:y|ies))\b"
)
BEFORE = _P(
    r"\b(?:(?:the )?(?:previous|preceding|prior|earlier) (?:period|one|time frame"
    r"|timeframe|interval)|(?:the )?(?:period|time) before(?: that)?|before that"
    r"|(?:the |a )?(?P<unit>day|week|month|quarter|year) (?:before(?: that| last)?"
    r"|earlier|prior)|(?:the )?same (?:period|time|days?|week|month|quarter)(?: of"
    r"| in)?(?: the)? (?:last|previous|prior) (?P<unit2>day|week|month|quarter|year)"
    r"|(?P<over>day|week|month|quarter|year)(?: on | over )(?:day|week|month|quarter"
    r"|year)|(?P<short>wow|mom|yoy|dod|qoq))\b"
)
SHORT = {"wow": "week", "mom": "month", "yoy": "year", "dod": "day", "qoq": "quarter"}
CHANGE = _P(
    r"\b(?:(?:did|do|does|is|are|has|have|was|were|how|what) .*?(?P<word>(?:chang(?:e"
    r"|ed|es|ing)|increas(?:e|ed|es|ing)|decreas(?:e|ed|es|ing)|improv(?:e|ed|es|ing)"
    r"|worsen(?:ed|s|ing)?|grow|grown|growing|grew|rise|risen|rising|rose|fallen"
    r"|falling|fell|fall"
    r"|(?:go|gone|going|went) (?:up or down|up|down)|(?:gotten|getting|got"
    r"|get) (?:better|worse|higher|lower|longer|shorter))(?: or (?:decreas\w+"
    r"|increas\w+|down|up|fall\w*|worsen\w*))?)"
    r"|(?P<noun>(?:the )?(?:change|increase|decrease|difference|growth|drop) (?:in|of|from)))\b"
)
NOUN_CALLERS = _P(rf"\b(?:{CALLERS})\b")
NOUN_CALLS = _P(rf"\b(?:{CALLS})\b")
META = _P(
    r"\b(?:what|which|list|show(?: me)?|tell me) (?:are |is )?(?:the |all |our "
    r"|your )*(?:available )?(?:metrics|measures|kpis|fields|data)(?: are there"
    r"| do (?:you|we) (?:have|track|know)| can i (?:ask|use|query)(?: about| for)?"
    r"| available| exist)?$|\bwhat can (?:i|you) (?:ask|answer|do)\b.*|^help$"
)
DEFINE = _P(
    r"^(?:what does|what is meant by|define|definition of|what is the (?:meaning"
    r"|definition) of|how (?:is|do you (?:define|compute"
    r"|calculate))) (?P<what>.*?)(?: mean| defined| computed| calculated| measured)?$"
)
OPINION = _P(
    r"\b(?:should (?:we|i)|do you think|is it (?:good|bad|normal|ok|okay|worth)"
    r"|good enough|your opinion|recommend\w*|advice|advise|how (?:can|could|do|should"
    r"|might|would) (?:we|i) (?:improve|reduce|increase|fix|get|make|lower|raise|boost"
    r"|cut|avoid|prevent|stop|do)|what (?:can|could|should) (?:we|i) (?:do|change"
    r"|improve|try)|best way|is (?:our|the) (?:agent|bot) (?:any )?good|how good is"
    r"|what would happen|what if|suggest\w*|better than (?:our )?competitors?"
    r"|industry (?:average|benchmark))\b"
)
ACTION = _P(
    r"^(?:please |can you |could you )*(?:(?:delete|erase|remove|send|email|e-mail"
    r"|call|ring|phone|schedule|cancel|create|update|change|notify|alert|refund"
    r"|restart|deploy|book|write) (?:the|all|my|me|this|that|these|an?|him|her|them"
    r"|every|everyone|our)|set (?:the|up)|turn (?:on|off)|call back)\b"
)
