"""A strict stand-in for Slack: what the product may send, and what it gets back.

    with SlackServer() as slack:
        app = App(client=WebClient(slack.workspaces["T1"].bot_token, base_url=slack.api_url), ...)
        with connected(app, slack):                                  # tests.slack_server.bolted
            question = slack.say("UANN", "CNEWS", "<@UBOT1> what did Alibaba pledge?")
            answer = slack.wait_for(lambda: slack.messages("CNEWS", question.ts)[1:])[0]
            slack.settle()
            assert slack.refused == []

Who is there: Acme (T1, bot UBOT1) with the members UANN and UBOB, the admin UADA, the owner UOWN, the guests UGUS
and UULT and the Slack Connect stranger USAM; CNEWS has them all, CTAX the staff, CQUIET the staff without the bot,
GPRIV is private to UANN and UADA. Other (T2, bot UBOT2) has UZOE in COTHER.

What to know:

- Acts (`say`, `command`, `press`, …) return at once; the app hears of them in the background. `wait_for` something
  that people would notice, or `settle`.
- The app gets the events in `slack.subscriptions`, also those of its own messages. Give it those of the manifest:
  an event that no listener takes is not acknowledged, and Slack redelivers it.
- Every deadline follows `slack.clock`. A redelivery is due at once after a failure, then one minute after the next
  and five after the third; a test advances the clock instead of sleeping.
- What breaks Slack's rules (`rules.message_problems`, `rules.view_problems`, and the methods' own) is refused as
  Slack does, and kept in `slack.refused`.
- A block_actions payload from an ephemeral message has no `message`: Slack keeps none.

Where things are: `acts`, `modals`, `events` are what people do, `forging` what only a forger does, `looks` what a
test sees, `server` faults and switches; `chat`, `conversations`, `surfaces`, `uploads`, `installs` are the Web
API; `payloads` and `inputs` the JSON, pure; `delivery` and `sockets` the way to the app; `world` what is stored,
`platform` what ties it together.
"""

from tests.slack_server.records import Ack, Call, CommandRun, Delivery, Interaction
from tests.slack_server.server import SlackServer
from tests.slack_server.world import Channel, Message, User, View, Workspace

__all__ = [
    "Ack",
    "Call",
    "Channel",
    "CommandRun",
    "Delivery",
    "Interaction",
    "Message",
    "SlackServer",
    "User",
    "View",
    "Workspace",
]
