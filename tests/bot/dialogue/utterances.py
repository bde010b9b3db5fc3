"""Utterances with their dialogue act: written before the rules, half to develop them and half to measure them.

A mention is of another person unless it is of the bot (UBOT1). `DEVELOP` and `REPORT` take turns line by line.
"""

from __future__ import annotations

_WRITTEN = """
help: help | help me please | how do I use this? | how does this work? | commands | what are your commands? | I need help | how do I ask you something? | usage | can you help me?
identity: who are you? | what are you? | are you a bot? | are you human? | what's your name? | who made you? | introduce yourself | are you ChatGPT? | who am I talking to? | tell me about yourself
ability: what can you do? | what do you do? | what can I ask you? | what are you good for? | what are you able to do? | what do you know? | what can I ask? | what are your features? | what else can you do? | how can you help me?
articles: list articles | list all articles | show me the articles | which articles do you have? | what articles do you know? | what's in the library? | what documents do you have? | show all documents | list your sources of knowledge | what have you read?
thanks: thanks | thank you! | thanks a lot | thx :pray: | ty | merci | danke | many thanks | perfect, thanks | cheers, topicbot
helped: that helps | that helped a lot | very helpful | this is helpful, thank you | that's what I was looking for | exactly what I needed | that answers my question | good answer | nice answer | that was useful
hello: hi | hello there | good morning | hey topicbot | hola | bonjour | guten Tag | ciao | hallo zusammen | ni hao | konnichiwa | salut | buenos días | hi everyone :wave:
yes: yes | yes please | yeah | sure | yep | go ahead | ja | oui | please do | yes, show me
no: no | no thanks | nope | nah | no, thank you | not now | nein | non merci | never | don't
stop: stop | stop it | please stop | be quiet | shut up | stop answering | don't answer in this thread | leave us alone | stop replying here | quiet please | stop talking, bot
more: more | more please | tell me more | show more | anything else? | what else? | go on | continue | more details | is there more? | any more on this? | can you elaborate?
why: why? | why is that? | how come? | why so? | but why? | and why? | what's the reason? | why not? | for what reason? | why did that happen?
source: source? | sources? | where is that from? | where did you get that? | who says that? | says who? | according to whom? | what's the source? | can you cite that? | which article is that from? | link?
sure: are you sure? | really? | is that true? | are you certain? | sure about that? | is this correct? | are you 100% sure? | is that right? | seriously? | how sure are you?
correction: no, I meant Xiaomi | I meant Tencent | sorry, I meant Lei Jun | not Alibaba, Xiaomi | actually I meant the EU | no, Tencent | I mean BYD | I was asking about Huawei | no I mean Baidu, not Alibaba | correction: Meituan | oops, Didi I mean
summarise: summarise this | summarize this thread | can you summarise that? | give me a summary | tl;dr | tldr please | sum it up | sum this up for me | summarise it in one sentence | summary please | short version?
news: what's new on climate? | what's new? | anything new on Alibaba? | any news about electric cars? | what is new with Xiaomi | latest on the chip ban | any updates on tax reform? | what happened this week? | news on antitrust | what's the latest on Tencent? | show me the latest news
small_talk: how are you? | how's it going? | tell me a joke | what's the weather like? | what time is it? | do you like music? | do you love me? | good night | bye | see you later | happy Friday! | are you happy? | what's up? | how was your weekend?
insult: you're useless | you are stupid | you suck | idiot | dumb bot | this bot is useless | what a stupid bot | you're terrible at this | worst bot ever | fuck you | stupid thing
emoji: :+1: | 👍 | :tada: :tada: | 😂😂 | :eyes: | 🙏 | :white_check_mark: | ❤️ | :thumbsup::skin-tone-2: | 🚗 🔋
aside: <@UBOB> can you look? | <@UBOB> what do you think? | cc <@UBOB> | <@UBOB> did Alibaba tell us anything? | maybe <@UCAT> knows how much it was? | can someone check this with legal? | anyone up for lunch? | who wants coffee? | I'll ask Bob tomorrow | let's discuss it in the meeting | should we book a room? | guys, can we talk about it at the standup? | do you all agree? | shall we meet at 3?
agreement: ok | lol | great, I'll book a room | okay cool | got it | makes sense | good to know | interesting | wow | noted | haha nice | fair enough | sounds good, I'll tell the team | right | I see | alright, let me check | agreed
wrong: that's wrong | this is not correct | that's not right | wrong answer | incorrect | no, that's wrong | that is false | not what I asked | that's not what I meant | you got that wrong | that's outdated
question: what did Alibaba pledge? | how many cars did Xiaomi sell? | who was fined? | when did the merger close? | and in 2024? | how many cars? | what about Tencent? | why did Alibaba pay a fine? | how much is the travel allowance? | is the office open on Friday? | does the policy cover dental care? | alibaba pledge amount | tell me about the chip ban | where is the new factory? | who helps new employees with visas? | what are the sources of the river Nile? | what can employees claim for travel? | which articles mention Lei Jun? | why was the launch stopped? | explain the antitrust fine | what is the summary of the climate report? | how do I claim travel expenses? | is it true that Xiaomi makes cars? | can I bring my dog to work? | how sure are analysts of the recovery? | what does it cost? | what did he say about thanks to donors? | did Xiaomi stop the sale? | who made the first electric car? | do we have a news desk policy?
"""

ALL = tuple(
    (text.strip(), act)
    for line in _WRITTEN.strip().splitlines()
    for act, _, listed in [line.partition(": ")]
    for text in listed.split(" | ")
)
"""Each utterance with the value of its act."""

DEVELOP, REPORT = ALL[::2], ALL[1::2]
