"""Questions of two workspaces at once: `python -m tests.load.replicas [--questions 300] [--replicas 3]`.

Starts a PostgreSQL server and so many `topicbot run --http` on one database, installs the app in two workspaces by
OAuth, lets people of both ask all at once, each request going to the next bot, and prints the figures; then the
same with one bot. Everything stays on this machine; it ends by itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bot.server.http import EVENTS_PATH
from embeddings.library import Library
from tests.flows.many import KEY, WHO, begin, finish, led_back
from tests.flows.process import Process, started
from tests.load.questions import CHANNELS, EXAMPLES, Round, add_samples, ask_all, show
from tests.load.stores import database
from tests.slack_server import SlackServer

CHANNELS_OF = {"T1": CHANNELS, "T2": ("COTHER",)}


def main() -> int:
    """Run both loads and print the tables; 1 when a question was lost or doubled."""
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    wanted.add_argument("--questions", type=int, default=300)
    wanted.add_argument("--replicas", type=int, default=3)
    wanted.add_argument("--people", type=int, default=20)
    wanted.add_argument("--rounds", type=int, default=3)
    options = wanted.parse_args()
    rounds: list[Round] = []
    for replicas in (options.replicas, 1):
        found = list(_rounds(replicas, options.people, options.questions, options.rounds))
        sys.stdout.write(f"{replicas} on one database:\n")
        show(found)
        rounds += found
    return 0 if all(one.answered == one.asked and not one.doubled for one in rounds) else 1


def _rounds(replicas: int, people: int, questions: int, count: int) -> Iterator[Round]:
    texts = [json.loads(line)["question"] for line in (EXAMPLES / "questions.jsonl").open()]
    with tempfile.TemporaryDirectory() as folder, database([]) as url, SlackServer() as slack:
        with Library(folder, database_url=url) as library:
            for team in CHANNELS_OF:
                add_samples(library, team)
        asking = [(f"UP{number}", team) for number in range(people) for team in CHANNELS_OF]
        for person, team in asking:
            slack.add_user(team, f"{person}{team}", channels=CHANNELS_OF[team])
        with _serving(slack, Path(folder), url, replicas) as bots:
            given = [(f"{person}{team}", CHANNELS_OF[team]) for person, team in asking]
            for number in range(count):
                asked = [f"{texts[n % len(texts)]} ({number}, {n})" for n in range(questions)]
                yield ask_all(slack, [bot.running.pid for bot in bots], given, asked)


@contextmanager
def _serving(slack: SlackServer, folder: Path, url: str, replicas: int) -> Iterator[list[Process]]:
    """So many bots on the database, installed in both workspaces; each request goes to the next of them."""
    settings: dict[str, Any] = {
        "TOPICBOT_DATABASE_URL": url,
        "TOPICBOT_TOKEN_KEYS": KEY,
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "SLACK_BOT_TOKEN": "",
    }
    with ExitStack() as running:
        start = (started(slack, folder, "--http", "--port", "0", **settings) for _ in range(replicas))
        bots = [running.enter_context(one) for one in start]
        addresses = [f"http://127.0.0.1:{bot.port}" for bot in bots]
        slack.deliver_over_http(*(f"{address}{EVENTS_PATH}" for address in addresses))
        for team in CHANNELS_OF:
            begun = begin(addresses[0])
            back = led_back(slack.authorize(begun.slack_url, team=team, user=WHO[team]))
            assert finish(addresses[-1], begun, **back).status_code == 200
        yield bots


if __name__ == "__main__":
    sys.exit(main())
