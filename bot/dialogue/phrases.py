"""The wording of each dialogue act, as patterns of a whole message in lower case without punctuation.

The first act that matches counts: what comes first is the more particular one.
"""

from __future__ import annotations

_THIS = (
    r"(?:(?:this|that) (?:thread|article|discussion|conversation|message|text|answer|one)|this|that|it|them"
    r"|these|the (?:answer|reply|thread|discussion|conversation|message|article|text|above))"
)
_ARTICLES = (
    r"(?:articles|documents|docs|files|texts|papers|sources|collections|reports|material|library"
    r"|sources of knowledge|knowledge base)"
)
_VERY = (
    r"(?:so |very |really |super |quite |pretty |a bit |just |totally |absolutely |completely |extremely "
    r"|such )*"
)
_YOU = r"(?:you|u|this bot|the bot|this thing|topicbot|this)"
_BAD = (
    r"(?:useless|stupid|dumb|terrible|awful|horrible|bad|the worst|worst|idiotic|an idiot|a moron|annoying"
    r"|garbage|trash|crap|rubbish|pathetic|hopeless|worthless|broken|silly|a joke|a waste of time|lame|shit)"
)

ADDRESS = (
    r"^(?:(?:please|pls|hey|hi|hello|ok|okay|so|well|oh|um+|hm+|and|but|then|now|just|sorry|topicbot|bot|ah"
    r"|dear|can you|could you|would you|will you|can u|i want you to|i'd like you to|i would like you to"
    r"|kindly|perhaps|maybe|also|alright|right)\s+)+(?=\S)|\s(?:please|pls|topicbot|bot|then|now|thanks"
    r"|thank you|mate|buddy|everyone|all|again|for me|for us|man|dude)$"
)
"""Words of politeness and address around what is said."""

NAMELESS = frozenset(
    "it that this they them he she so what well to in by something nothing i we you not really no yes das es ich"
    " ça cela eso esto questo isso dat danke merci gracias grazie obrigado obrigada".split()
)
"""Words with which no name of a correction begins."""

ACTS: dict[str, tuple[str, ...]] = {
    "stop": (
        r"(?:stop|quiet|silence|shush|shh+|hush|enough|stfu|mute|shut up|be (?:quiet|silent)|quiet please"
        r"|go away)(?: (?:it|that|please|now|bot|topicbot|already|here|in here))*",
        r"(?:please )?(?:stop|quit|cease) (?:answering|replying|talking|posting|responding|commenting|writing"
        r"|that|this|it|spamming|messaging|interrupting)(?: .{0,40})?",
        r"(?:please )?(?:do not|don't|no longer|never) (?:answer|reply|respond|post|talk|write|comment"
        r"|interrupt)(?: (?:to )?(?:us|me|here|anymore|any more|again|in (?:this|the) (?:thread|channel"
        r"|conversation)))*",
        r"leave (?:us|me|this thread|the thread|it)(?: alone| be)?|mute this thread|that's enough"
        r"|that is enough|(?:stay|keep) out of (?:this|it)|keep quiet"
        r"|hor auf|arrete|basta",
    ),
    "help": (
        r"help(?: (?:me|us|please|page|menu|needed|out|topicbot|with this))*|usage|commands?|manual"
        r"|instructions|(?:i|we) need (?:some |your )?(?:help|assistance)|hilfe|aide|ayuda",
        r"(?:what|which) (?:are (?:your|the)|commands?) ?(?:commands?)?(?: (?:do you|are) (?:have|know|there"
        r"|understand|support))?(?: there)?",
        r"how (?:do|can|should|does) (?:i|we|one|you|this|it|that) (?:use|ask|talk to|work|operate|start"
        r"|get started|query|search)(?: (?:you|this|it|with|here|a question|something|questions|bot|in|the bot"
        r"|topicbot))*|how to (?:use|ask) (?:this|you|it|topicbot|the bot|questions)",
        r"(?:can|could|would) (?:you|anyone) (?:please )?(?:help|assist)(?: (?:me|us|out|please))*"
        r"|i'?m (?:lost|stuck)|show (?:me )?(?:the )?(?:help|commands|instructions)|what (?:do|can"
        r"|should) i (?:type|write|say)|how does (?:topicbot|the bot|this bot) work",
    ),
    "identity": (
        r"who(?:'s| is| are|'re)? (?:you|this|u|there|topicbot|this bot)(?: (?:exactly|anyway|really))?"
        r"|what(?:'s| is| are|'re)? (?:you|topicbot|this bot|u)(?: (?:exactly|anyway|really))?",
        r"are you (?:a |an |really |even |actually )*(?:bot|robot|human|person|real|machine|ai|computer"
        r"|program|chatgpt|gpt|llm|language model|chatbot|alive|claude|siri|alexa|slackbot"
        r"|artificial intelligence)(?: or .{1,30})?",
        r"(?:what(?:'s| is)|tell me) your (?:full |real )?name|do you have a name|what (?:should|can) (?:i"
        r"|we) call you|who (?:made|built|created|wrote|runs|owns|programmed|developed|maintains) (?:you"
        r"|this bot|this)(?: and (?:why|when|how))?",
        r"(?:please )?(?:introduce|describe|explain) yourself(?: to .{1,20})?|tell (?:me|us) (?:something "
        r"|a bit |more )?about (?:yourself|you)|(?:who|what) am i (?:talking|speaking|chatting|writing) (?:to"
        r"|with)|what (?:kind|sort) of (?:bot|thing|ai) are you|wer bist du|qui es tu|quien eres",
    ),
    "ability": (
        r"what (?:else )?(?:can|do|could|would) (?:you|u) (?:actually |really |all )?(?:do|know|offer|answer"
        r"|cover|understand|help (?:me |us )?with|be asked|handle|do for (?:me|us)|tell me"
        r"|know about)(?: (?:exactly|here|all day|for (?:me|us)|all|then|else))*",
        r"what (?:else )?(?:can|could|should|may) (?:i|we|one|people) ask(?: (?:you|here|about|for|of you"
        r"|this bot))*|what (?:kind|sort|type)s? of (?:things|questions|stuff) (?:can|could|do|should) .{1,40}",
        r"what are you (?:good|useful|here|there|made|meant|used|built) for|what are you (?:able to do"
        r"|capable of)|what are you(?:r| re)? (?:main |key )?(?:features|capabilities|abilities|skills"
        r"|functions|limits|purpose)|what(?:'s| is) your (?:purpose|job|role|function|use|task)",
        r"how (?:can|could|do|would|will) you (?:help|assist|be of (?:help|use)|support)(?: (?:me|us|here))*"
        r"|why are you here|(?:what|which) topics (?:do|can) you (?:know|cover|answer|discuss)(?: about)?"
        r"|(?:list|show)(?: me)? (?:your |what you )(?:features|capabilities|can do|skills|abilities)"
        r"|(?:please )?(?:can you |could you )?(?:explain|describe|tell me|list"
        r"|show me)(?: to me)? what (?:you|this bot)(?:'re| are| is|'s)? (?:able to do|capable of|can do|do"
        r"|for|know|offer)(?: for (?:me|us))?|what(?:'s| is) (?:this|the|topicbot)(?: bot| thing)? (?:for"
        r"|good for|able to do|supposed to do)|was kannst du|tell me what you can do|what you can do"
        r"|capabilities|features",
    ),
    "articles": (
        rf"(?:(?:list|show|display|give)(?: me| us)?|see)(?: (?:all|of|the|your|every|any|me|available|my"
        rf"|our))* (?:{_ARTICLES}|article list|list of {_ARTICLES})(?: (?:you (?:have|know)|here|available"
        rf"|please|there are))*",
        rf"(?:which|what|how many) (?:{_ARTICLES}|articles and documents) (?:do|have|can|are|did) (?:you|i|we"
        rf"|there|in)(?: (?:have|got|know|read|got|see|search|use|contain|hold|here|available|there|about"
        rf"|indexed|the library|ask|of))*",
        rf"what(?:'s| is| are)?(?: there)? in (?:the|your|this|our) (?:library|collection|index|database"
        rf"|archive|knowledge base)|what (?:have you|did you) (?:read|indexed|index|learned|learn)(?: so far)?"
        rf"|(?:all )?(?:articles|documents|library)(?: list)?|list (?:of )?(?:all )?(?:the )?{_ARTICLES}"
        rf"|what do you have(?: in (?:the|your) library)?|(?:where|how) can i see (?:the|your|all) {_ARTICLES}",
    ),
    "wrong": (
        rf"(?:no |sorry |but |hm |i think |i'm afraid )*(?:that|this|it|the answer|your answer)(?:'s| is| was"
        rf"|'re| are)? {_VERY}(?:wrong|incorrect|false|not correct|not right|not true|not accurate|inaccurate"
        rf"|outdated|out of date|nonsense|bullshit|untrue|a mistake|an error|mistaken|not it|not helpful"
        rf"|unhelpful|off|irrelevant|old|not relevant|not what i (?:asked|meant|wanted|was asking"
        rf"|was looking for)(?: for| about)?|not the answer|besides the point|beside the point)",
        r"(?:no )?(?:that|this|it) (?:isn't|wasn't|ain't|doesn't)(?: (?:look|seem|sound))? (?:correct|right"
        r"|true|accurate|it|helpful|what i (?:asked|meant|wanted)(?: for)?|help(?: me)?|answer (?:my"
        r"|the) question|make sense|the answer)",
        r"wrong(?: (?:answer|again|one|number|article|thing))?|incorrect|false|not what i (?:asked|meant"
        r"|wanted|was (?:asking|looking)(?: for| about)?)(?: for)?|you(?:'re| are) (?:wrong|mistaken|incorrect"
        r"|not right)|you (?:got|have|read|understood) (?:that|this|it|me) (?:all )?wrong"
        r"|you misunderstood(?: me)?|bad answer|not (?:correct|true|right|helpful|relevant|good"
        r"|quite(?: right)?)|nonsense|i don't (?:think|believe) (?:so|that's (?:right|correct|true)|that)"
        r"|falsch|das stimmt nicht|c'est faux",
    ),
    "sure": (
        r"(?:but |and )?(?:are|r) (?:you|u) (?:really |quite |so |very |absolutely |100 |99 |totally "
        r"|completely )*(?:sure|certain|confident|serious|positive|kidding|joking)(?: (?:about|of) (?:that"
        r"|this|it|the answer))?",
        r"(?:you )?sure about (?:that|this|it)|you(?:'re| are) sure|(?:how|very) (?:sure|certain|confident"
        r"|reliable) (?:are you|is (?:that|this|it))(?: (?:about|of) (?:that|this|it))?|really|seriously"
        r"|for real|truly|no way|says you|bist du sicher",
        r"(?:but |and )?is (?:that|this|it|the answer) (?:really |actually |still |even |all )*(?:true|correct"
        r"|right|so|accurate|reliable|up to date|the case|certain|current|valid|a fact|confirmed)|(?:can"
        r"|should|could) (?:i|we) (?:trust|rely on|believe|count on) (?:that|this|it|you)|(?:can"
        r"|could) you (?:double )?(?:check|verify|confirm)(?: (?:that|this|it|again))?|double check(?: that)?",
    ),
    "source": (
        r"(?:(?:what|where)(?:'s| is| are)|give me|show(?: me)?|name|cite|quote|any|your|and|the|got a"
        r"|do you have a|do you have any|i need a|can i have the|can i see the)*(?: ?(?:the|a|your|any|some"
        r"|me))* ?(?:sources?|citations?|references?|link|links|evidence|proof|url|footnote)(?: (?:for|of|on"
        r"|to) (?:that|this|it|the answer))?(?: please)?",
        r"where (?:is|was|does|do|did|have|are) (?:that|this|it|you|these|the answer|that info|this info"
        r"|that figure|that number)(?: (?:from|come from|coming from|get (?:that|this|it)|got (?:that|this|it)"
        r"|find (?:that|this|it)|read (?:that|this|it)|written|stated|taken from|say that|said|quoted from"
        r"|reported|published|learn that))(?: from)?|where'?d you get (?:that|this|it)(?: from)?",
        r"(?:who|which article|which source|what article|which document|what document|which paper"
        r"|which report) (?:says?|said|wrote|states?|stated|claims?|claimed|reports?|reported|mentions?"
        r"|published) (?:that|this|so|it)|says who|according to (?:whom|who|what|which (?:article|source"
        r"|report|paper))",
        rf"(?:which|what) (?:article|document|source|page|paper|report|text|file) (?:is|was|does|do|did"
        rf"|are) {_THIS}(?: (?:from|in|come from|taken from|based on))?|from (?:where|which (?:article|source"
        rf"|document|page|report))|(?:can|could) (?:you|i) (?:please )?(?:cite|source|prove|see|back up"
        rf"|reference|link) {_THIS}(?: up)?|how do you know(?: (?:that|this|it))?|what(?:'s| is) (?:that|this"
        rf"|it) based on|on what basis|(?:cite|prove|source|link) {_THIS}|quelle|fuente",
    ),
    "more": (
        r"(?:and |even |some |show |give |tell |read |see |find |get |any |know |a bit |a little |what |much "
        r"|me |us |is there |there |i want |i'd like |can i have |can i get |do you have |have you (?:got )?"
        r"|can you |could you |say |would like )*(?:more|further)(?: (?:please|details?|info|information"
        r"|about (?:it|this|that)|on (?:it|this|that)|of (?:it|this|that)|results?|passages?|context|to (?:it"
        r"|this|that|say|know)|background|answers?|like (?:this|that)|examples|for me))*",
        r"(?:is |was |are |do you (?:have|know) )?(?:there )?(?:anything|something|what|who|any"
        r"|where) ?else(?: (?:on|about|to) (?:this|that|it))?(?: (?:is there|do you (?:know"
        r"|have)))?(?: (?:to add|to know|about it))*|what else(?: (?:is there|do you (?:know|have)|does it say"
        r"|can you tell me|happened|was said))*(?: (?:on|about) (?:this|that|it))?",
        r"(?:go|carry|keep|read) on|what do you mean(?: by that)?|(?:please )?explain(?: that| this| it)?"
        r"|i don't (?:understand|get it)|keep going|continue|proceed|next|(?:and )?then|and|(?:the )?(?:rest"
        r"|others?)(?: please)?|(?:any|some|the|give me|more) ?(?:further )?details?(?: please)?|(?:does"
        r"|do) (?:it|they|the article) say (?:anything|something) else",
        rf"(?:can|could|would) you (?:please )?(?:elaborate|expand|go on|continue|go deeper"
        rf"|be more specific)(?: on {_THIS})?|(?:please )?(?:elaborate|expand)(?: on {_THIS})?|mehr(?: bitte)?"
        rf"|encore|mas|plus|what(?:'s| is| are) the (?:rest|next|others|details)|show (?:me )?(?:the )?(?:next"
        rf"|others|rest)",
    ),
    "why": (
        r"(?:but |and |so |can you explain |could you explain |explain |tell me |do you know "
        r"|any idea )?why(?: (?:so|not|that|this|though|is that|is this|is it|was that|was this|was it"
        r"|is it so|are they|were they|did they|did (?:that|this|it|they|he|she) (?:happen|do (?:that|this|it"
        r"|so)|occur)|would (?:they|he|she|it) do (?:that|this)|does (?:that|this|it) matter|do they"
        r"|do you (?:say|think) (?:so|that)|exactly|is that so|is that the case))?",
        r"how (?:come|so)|(?:for )?what(?:'s| is| was| were)? (?:the )?(?:reasons?|cause|causes)(?: (?:for"
        r"|behind|of) (?:that|this|it))?|for (?:what|which) reason|what for|because of what|due to what"
        r"|what caused (?:that|this|it)|what(?:'s| is) behind (?:that|this|it)|warum|pourquoi|wieso|por que",
    ),
    "summarise": (
        rf"(?:please |can you |could you |would you |quickly |briefly |now )*(?:summari[sz]e|sum up|recap"
        rf"|condense|shorten|sum)(?: {_THIS}| all of (?:this|that|it)| everything| what (?:was|is"
        rf"|has been) said)?(?: (?:up|for me|for us|please|briefly|quickly|in (?:one|a|two|three|a few"
        rf"|few) (?:sentences?|lines?|words?|paragraphs?)|in short))*",
        rf"(?:(?:can i have|can you give me|give me|i need|i want|a|the|quick|short|brief|make|write|me|us|in"
        rf"|one line|any|could i get|can i get|could you give me) )*(?:summary|tldr|recap|short version"
        rf"|overview|gist|executive summary|digest version|nutshell)(?: (?:of|on|for) {_THIS})?(?: please)?",
        r"(?:what(?:'s| is) (?:this|that|it|the (?:article|thread|text))(?: all)? about|what(?:'s"
        r"| is) the (?:gist|short version|summary|bottom line|tldr|upshot)|in (?:short|brief|a nutshell"
        r"|one sentence|a word)|(?:make|keep) it (?:short|brief)|shorter|zusammenfassung|bottom line)",
    ),
    "small_talk": (
        r"(?:and )?how(?:'s| is| are|'re| was| were)? (?:you|u|it going|everything|life|things|your (?:day"
        r"|weekend|morning|week|holiday|evening|night)|the (?:weather|day)|you doing|you feeling"
        r"|it hanging)(?: (?:doing|feeling|today|going|so far|there|this morning))*|how do you (?:do"
        r"|feel)(?: today)?|what(?:'s| is) up|sup|wassup|how have you been|nice (?:weather|day)(?: today)?",
        r"(?:tell|sing|give|know|do you know|write|say)(?: me| us)? (?:a|any|another|some|something) ?(?:good "
        r"|funny )?(?:jokes?|story|song|poem|riddle|funny|fun fact|nice)(?: about .{1,30})?|make me laugh"
        r"|what(?:'s| is) (?:the )?(?:weather|time|date|temperature|day)(?: (?:like|is it|today|now|there"
        r"|tomorrow|going to be|be|will it be))*|what (?:time|day|date|year) is it(?: (?:now|today))?"
        r"|is it (?:raining|cold|hot|sunny)(?: .{1,20})?|what(?:'s| is) the weather .{1,30}",
        r"(?:do|can|could|did|would|will|have) you (?:ever )?(?:like|love|hate|enjoy|sleep|dream|eat|feel"
        r"|think|drink|get (?:tired|bored)|have (?:feelings|friends|a (?:family|favourite .{1,20}"
        r"|favorite .{1,20}|girlfriend|boyfriend|soul|body|heart))|marry|miss|sing|dance|speak \w+|watch|play"
        r"|cook|go out with)(?: .{1,30})?",
        r"are you (?:happy|sad|ok|okay|tired|bored|angry|hungry|busy|there|awake|alive|married|single|lonely"
        r"|free|well|fine|excited|sleeping|online|conscious|sentient|mad|funny|having fun)(?: .{1,20})?",
        r"(?:good ?night|good ?bye|bye(?: bye)?|see (?:you|ya|u)|cya|later|take care|farewell|adios|au revoir"
        r"|tschuss|auf wiedersehen|have a (?:nice|good|great|lovely) (?:day|one|weekend|evening|night|week)"
        r"|until (?:next time|tomorrow)|talk (?:to you )?(?:later|soon)|gn|happy (?:mon|tues|wednes|thurs|fri"
        r"|satur|sun)day|happy (?:birthday|new year|holidays|weekend|easter)|merry christmas|nice to meet you"
        r"|pleased to meet you|welcome(?: back)?|i(?:'m| am) (?:bored|tired|fine|good|back|happy|sad|hungry)"
        r"|i (?:love|like|miss|hate) (?:you|u)|tgif|congratulations|congrats)(?: (?:later|soon|tomorrow"
        r"|everyone|all|around|topicbot|bot|then|next (?:week|time)|too|so much|for now|again|you|today"
        r"|monday))*",
        r"what(?:'s| is) your (?:favou?rite .{1,30}|age|hobby|sign|opinion|mood)|how old are you"
        r"|test(?:ing)?(?: test| 123)*|ping|are you there|where are you (?:from|located|based)"
        r"|where do you live|what do you think(?: about .{1,30})?|what(?:'s| is) the meaning of life|who(?:'s"
        r"| is) your (?:boss|favou?rite .{1,20}|friend)|what are you (?:doing|wearing|up to"
        r"|thinking)(?: .{1,20})?",
    ),
    "insult": (
        rf"(?:{_YOU} (?:are|r|is|were|was)|{_YOU}'?(?:re|s)|you|what|such|that was|it is|it's|this is|god"
        rf"|wow)? ?(?:a |an |the )?{_VERY}(?:a |an |the )?{_BAD}(?: (?:bot|thing|robot|machine"
        rf"|piece of .{{1,15}}|tool|program|ai|answer(?:s)?|software|app|at (?:this|everything|your job)|ever"
        rf"|answers|for nothing))*",
        rf"(?:you|u|this bot|this thing|topicbot|this|it|that) (?:\w+ )?(?:suck|sucks|stink|stinks|blow"
        rf"|blows)(?: (?:at .{{1,20}}|so (?:much|bad|hard)))?|(?:fuck|screw|damn|f\*+k)(?: (?:you|off|this|it"
        rf"|this bot))*|(?:you )?(?:idiot|moron|fool|loser|dummy|asshole|bastard|jerk|garbage|trash|crap|wtf"
        rf"|clown)(?: bot)?|(?:i )?hate (?:you|this bot|this thing)|(?:you |you're "
        rf"|you are )?(?:good for nothing|so dumb)|you (?:know|understand|get) nothing"
        rf"|you can't do anything(?: right)?|shame on you|what a (?:{_VERY}{_BAD} )?(?:\w+ )?(?:bot|joke|idiot"
        rf"|disaster|waste(?: of time)?|thing|moron)|go to hell|(?:worst|dumbest|stupidest) (?:bot|thing|ai"
        rf"|app|tool)(?: ever| in the world| i (?:know|have ever seen))?|piece of (?:shit|crap|junk|garbage)"
        rf"|learn to (?:read|listen)|you(?:'re| are) (?:fired|no (?:help|use|good))",
    ),
    "helped": (
        rf"(?:ok |yes |great |thanks |oh |ah |wow |perfect |cool )*(?:that|this|it|the answer|your answer"
        rf"|you)(?:'s| is| was|'ve| have| has|'re| are)? {_VERY}(?:helps?|helped|helpful|useful|handy"
        rf"|informative|answers? (?:my|the|our) question|answered (?:my|the|our) question|solved (?:it"
        rf"|my .{{1,20}})|solves (?:it|my .{{1,20}})|did the trick|does the trick|been (?:helpful|useful"
        rf"|a (?:great )?help)|worked|works|what i (?:was looking for|needed|wanted|was after|need)"
        rf"|exactly (?:it|what .{{1,40}})|(?:a )?(?:great|good|perfect|excellent|big) (?:help|answer"
        rf"|find))(?: (?:a lot|me|us|so much|very much|thanks|thank you|already|perfectly|indeed|to me|great"
        rf"|well|topicbot|a bunch|much|loads|now|to know))*",
        rf"{_VERY}(?:helpful|useful|handy|informative|well done|good (?:job|bot|work|answer|one|find|stuff)"
        rf"|nice (?:job|work|answer|one|find)|great (?:job|work|answer|help|find|stuff|bot)"
        rf"|excellent(?: answer)?|brilliant(?: answer)?|(?:exactly|just|precisely) what (?:i|we) (?:needed"
        rf"|wanted|was looking for|were looking for|need)|problem solved|solved|you(?:'re| are) (?:the best"
        rf"|great|awesome|amazing|a (?:star|life ?saver|legend)|good|brilliant|smart|clever)|clever bot"
        rf"|smart bot|love it|great answer thanks|perfect answer|that was quick|you rock|you rule|legend"
        rf"|well played|keep it up|much better|impressive|kudos|bravo|bingo)(?: (?:thanks|thank you|indeed"
        rf"|a lot|topicbot|bot))*",
    ),
    "thanks": (
        r"(?:(?:ok|okay|great|perfect|cool|nice|good|awesome|super|wonderful|excellent|lovely|brilliant"
        r"|alright|oh|wow|yes|and|right|got it|fine|very|well|a big|big|many|so)\s+)*(?:thanks|thank you"
        r"|thank u|thankyou|thx|thnx|tnx|ty|tysm|cheers|merci|danke|gracias|grazie|obrigado|obrigada|arigato"
        r"|xie xie|much appreciated|(?:i )?(?:really )?appreciate (?:it|that|this|your help|the help)"
        r"|vielen dank|danke schon|besten dank|merci beaucoup|muchas gracias|mille grazie|bedankt|dank je|tack"
        r"|takk|spasibo|grateful)(?: (?:a (?:lot|million|bunch|ton)|so|very|much|you|again|topicbot|bot"
        r"|for (?:the|your|that|this|all|it)(?: .{1,30})?|everyone|all|mate|to you|in advance|heaps|loads"
        r"|indeed|sehr|schon|beaucoup|anyway|that helps|thanks|everybody|team|man|buddy|great|perfect))*",
    ),
    "hello": (
        r"(?:oh )?(?:(?:hi+|hello|hey+|hiya|howdy|yo|hullo|heya|greetings|morning|evening|afternoon"
        r"|good (?:morning|afternoon|evening|day)|hola|bonjour|bonsoir|salut|coucou|hallo|guten (?:tag|morgen"
        r"|abend)|moin|servus|gruss gott|gruezi|ciao|salve|buon ?giorno|buona ?sera|ola|bom dia|boa (?:tarde"
        r"|noite)|buen(?:os|as) (?:dias|tardes|noches)|hej|hei|hallo|goedemorgen|goeden?dag|dzien dobry|privet"
        r"|zdravstvuyte|ni ?hao|konnichiwa|ohayo|annyeong|namaste|salaam|salam|shalom|merhaba|marhaba|selam"
        r"|xin chao|привет|здравствуйте|你好|您好|こんにちは|안녕하세요|안녕|नमस्ते|مرحبا|שלום|hey hey)"
        r"(?: (?:there|all"
        r"|everyone|everybody|team|folks|bot|topicbot|again|zusammen|friend|friends|guys|mate|to you|a todos"
        r"|tout le monde|world|a tutti|my friend|buddy|and|hi|hello))*\s?)+",
    ),
    "yes": (
        r"(?:(?:yes|yeah|yep|yup|ya|ja|oui|si|sure|sure thing|of course|certainly|absolutely|definitely|please"
        r"|go ahead|do it|do that|do so|please do|gladly|by all means|why not|y|aye|da|hai|sim|jawohl|gerne"
        r"|bitte|claro|show (?:me|it|them)(?: (?:that|them|those|it|what you have))?|i do|i would|i'd (?:like"
        r"|love) (?:that|to)|that would be (?:great|nice|good|helpful)|let's (?:do it|see)|affirmative|indeed"
        r"|yes sir|bien sur|tell me|d'accord|naturlich|with pleasure|fire away|shoot)\s?)+",
    ),
    "no": (
        r"(?:(?:no|nope|nah|na|nein|non|never|never ?mind|(?:i )?(?:don't know"
        r"|dunno)|no idea|not (?:sure|now|really|today|yet|needed|necessary|at all"
        r"|interested|this time)|no (?:need|thanks|thank you|way|thx|worries)|don't|do not|rather not"
        r"|i'd rather not|thanks|thank you|merci|danke|gracias|no gracias|it's (?:ok|okay|fine)|forget it"
        r"|leave it|cancel|skip(?: it)?|n|nee|nie|nyet|iie|don't bother|i don't|maybe later|i'm good|i am good"
        r"|please don't|please|that's all|nothing|later|that will be all|nein danke)\s?)+",
    ),
    "agreement": (
        r"(?:(?:ok(?:ay)?|okey|k|kk|okie|lol|lmao|rofl|ha(?:ha)+h?|hehe+|xd|great|cool|nice|awesome|perfect"
        r"|good|super|wow|whoa|oh|ah|aha|hm+|mm+|huh|got it|gotcha|noted|understood|agreed|i agree"
        r"|same(?: here)?|true|exactly|indeed|right|correct|fine|fair(?: enough| point)?|makes sense"
        r"|that makes sense|sounds (?:good|great|fine|right|reasonable|like a plan)|(?:that's |this is |how "
        r"|very |really |so |pretty )*(?:good to know|interesting|great|cool|nice|amazing|awesome|funny"
        r"|fascinating|surprising|crazy|wild|sad|fantastic|impressive|perfect|fine|true|right|correct"
        r"|incredible|good news|bad news|good|hilarious|unbelievable)|i see|i know|we know|alright|all right"
        r"|roger(?: that)?|copy(?: that)?|ack|will do|on it|done|deal|word|yay|yes|yeah|wonderful|lovely"
        r"|excellent|sweet|neat|oops|damn|ouch|omg|ugh|meh|whatever|no problem|np|you're welcome|my bad|sorry"
        r"|fyi|same|me too|cool story|i thought so|as expected|of course|absolutely|definitely|totally"
        r"|point taken|no worries|never knew that|didn't know that|i didn't know that|thought so|stimmt|genau"
        r"|alles klar|d'accord|vale|haha nice|all good|that works|works for me|lgtm|ship it|very well|not bad"
        r"|\+1|1)\s?)+",
        r"(?:ok(?:ay)?|great|cool|nice|perfect|sounds (?:good|great)|alright|right|good|fine|thanks|got it"
        r"|then|lol|yes|yeah|sure|awesome|haha|wow|so)(?: then| so)? (?:i|we)(?:'ll| will|'m going to"
        r"| am going to|'d better|'re going to| can| should| have to| need to| must| just|'ve| booked| am"
        r"| already) .{1,80}",
        r"(?:(?:ok(?:ay)?|great|cool|nice|perfect|alright|right|good|fine|thanks|got it|lol|sure|awesome)\s)+"
        r"(?:will|gonna|going to|gotta) .{1,60}",
        r"(?:ok(?:ay)?|alright|right|great|good|cool|sounds good|fine) (?:let (?:me|us)|let's|off to|back to"
        r"|time to|on to) .{1,60}|(?:let me|lemme) (?:check|see|think|look|ask|read|know).{0,40}",
    ),
    "aside": (
        r"(?:should|shall) (?:we|us) .{1,80}|(?:when|where|what time) (?:should|shall|can|could) we .{1,60}",
        r"(?:so )?(?:can|could|do|did|are|will|would|why don't|how about) (?:we|us) (?:all )?(?:talk|meet"
        r"|discuss|move|take|go|order|book|have (?:a|lunch|time)|try|wait|sync|chat|call|postpone|agree|decide"
        r"|do (?:it|this|that|lunch)|need to|ready|good to|still (?:on|meeting)|leave|grab|schedule|put|look"
        r"|share|set up)\b.{0,80}",
        r"(?:who|anyone|anybody|someone|somebody)(?:'s| is| else)? (?:wants|up for|in for|coming|joining"
        r"|has time|can take|hungry|free|in|going|available|around|knows|got a minute) ?.{0,60}",
        r"(?:do|did|can|could|are|have|will|would|should|does|is|has) (?:you (?:all|guys|two|both)|anyone"
        r"|anybody|someone|somebody|everyone|everybody) .{1,80}|(?:guys|folks|team|all|everyone) .{1,80}",
        r"(?:i|we)(?:'ll| will|'m going to| am going to|'re going to|'ve asked| have asked) .{1,80}|(?:let's"
        r"|let us) .{1,80}|(?:my (?:boss|manager|team)|he|she|they) (?:will|can|should) (?:check|know|look"
        r"|handle|do) .{0,40}",
    ),
}
"""For each act the patterns of its messages, the more particular act first."""
