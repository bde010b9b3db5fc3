"""`topicbot run`: the Slack app in Socket Mode or over HTTP, from its checks at start to its end on SIGTERM."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

import structlog
from slack_bolt import App

from bot.clock import now, zones
from bot.config import Settings
from bot.console.session import until_ended
from bot.digests import store as ledger
from bot.http_server import NO_UPLOADS, http_server
from bot.operations.endpoint import operations_server
from bot.operations.health import Health
from bot.resources import opened_store, trim_heap
from bot.server.app import build_app, inbox_of
from bot.server.http import application
from bot.server.scheduler import HOUR, Job, Scheduler, jobs_of
from bot.server.transports import connected
from bot.slack.client import bot_client
from bot.slack.credentials import check_token
from bot.slack.inbox import Inbox
from bot.store.leases import lock_data_dir
from bot.store.lost import check_known, remember, shrunk
from bot.workspace.registry import InstalledWorkspaces, OneWorkspace, Workspaces, open_workspace
from embeddings import Database
from embeddings.encoding.backends.converted import release_pages
from embeddings.encoding.roles import encode_questions
from embeddings.library import Library

FINISH_SECONDS = 20.0
"""How long work in progress may take after SIGTERM. What is left is taken up at the next start."""

_COLLECT = 20_000, 10, 50  # rarely: collecting all that there is stops every thread for 70 ms
_WORDS, _NAMED = 40, 10
_M_ARENA_MAX, _ARENAS = -8, 2  # glibc's number of the parameter: malloc.h
_log = structlog.get_logger("topicbot.run")


def serve(settings: Settings, library: Library, *, address: tuple[str, int] | None) -> None:
    """Serve until SIGTERM or SIGINT: over HTTP at `address`, or in Socket Mode without one.

    `check_settings` must have found nothing missing. A second process on the same folder is refused at once; on
    one PostgreSQL database there may be several.
    """
    limit_arenas()
    one_alone = lock_data_dir(settings.data_dir) if settings.database is None else nullcontext()
    with one_alone, opened_store(settings) as store:
        check_known(store, library)
        remember_library(store, library)
        health = Health(settings, library, store)
        with operations_server(health):
            serving = _installed(health) if settings.many_workspaces else _own(health)
            _warm_up(library)
            health.is_warm = True
            with until_ended() as ended:
                _run(health, *serving, address, ended)


def remember_library(store: Database, library: Library) -> None:
    """Keep how much the library holds, and log it when that is less than half of what it held."""
    if warning := shrunk(store, library):
        _log.warning(f"{warning}: if nobody removed them, restore a backup")
    remember(store, library, now())


def limit_arenas() -> None:
    """Have all threads allocate from two of glibc's arenas; elsewhere do nothing. Call before threads start.

    By default each thread gets one, up to eight a processor, and what one frees is of no use to the others: the
    process grew by 2 MB a minute at 3 questions a second. https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    with suppress(OSError, AttributeError, TypeError):  # no glibc; Windows has no library of that name
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def give_memory_back(library: Library) -> None:
    """Return to the system what starting took and does not use any longer."""
    release_pages(library.folder)
    trim_heap()


def _own(health: Health) -> tuple[App, Workspaces]:
    """Return the app of the workspace of the bot token."""
    settings, library, store = health.settings, health.library, health.store
    own = check_token(settings)
    health.team = str(own.team_id)
    app = build_app(settings, library, store=store, own=own)
    return app, OneWorkspace(open_workspace(health.team, settings, library, store), bot_client(settings))


def _installed(health: Health) -> tuple[App, Workspaces]:
    """Return the app of the workspaces that install it."""
    installed = InstalledWorkspaces(health.settings, health.library, health.store)
    installed.prepare()
    health.workspaces = installed
    return build_app(health.settings, health.library, store=health.store, installed=installed), installed


def _warm_up(library: Library) -> None:
    """Load all that the first question would wait for, and keep it out of later collections' way."""
    library.warm(wait=False, scopes=True)
    library.local.ask("What is new?")
    # OpenVINO prepares itself for each length of text that it meets; single ones have even lengths.
    for words in range(1, _WORDS + 2, 2):
        encode_questions(library.encoder, ["what " * words])
    zones()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    give_memory_back(library)


def _run(
    health: Health, app: App, workspaces: Workspaces, address: tuple[str, int] | None, ended: threading.Event
) -> None:
    settings, store, inbox = health.settings, health.store, inbox_of(app)
    health.waiting = inbox.waiting
    # Before anything new comes in, which must not be taken for unfinished.
    if settings.database is None:
        with store.writing() as connection:
            for team in workspaces.teams():
                ledger.release(connection, team, workspaces.now())  # the folder is locked: nobody else posts them
        left = inbox.resume()
    else:
        left = inbox.share()
    with listening(app, settings, address, health, workspaces) as bound:
        scheduler = Scheduler(_jobs(health, workspaces, inbox), workspaces.now)
        scheduler.start()
        where = f"http://{bound[0]}:{bound[1]}" if bound else "Socket Mode"
        served = " ".join(workspaces.teams()[:_NAMED])
        _log.info("serving", workspace=served, address=where, unfinished=left)
        ended.wait()
        health.is_ending = True
        _log.info("ending", waiting=inbox.waiting())
    inbox.close(FINISH_SECONDS)
    scheduler.stop()
    _log.info("ended", left=inbox.waiting())


def _jobs(health: Health, workspaces: Workspaces, inbox: Inbox) -> list[Job]:
    shared = inbox if health.settings.database is not None else None
    known = Job("library", HOUR, lambda _: remember(health.store, health.library, workspaces.now()))
    return [*jobs_of(workspaces, installed=health.workspaces, inbox=shared), known]


@contextmanager
def listening(
    app: App,
    settings: Settings,
    address: tuple[str, int] | None,
    health: Health | None = None,
    workspaces: Workspaces | None = None,
) -> Iterator[tuple[str, int] | None]:
    """Take deliveries in; stop on leaving. Yields the address that is listened on; port 0 is any free one.

    `health` learns how to see whether Slack is connected. With it the pages are served too, to the people of the
    `workspaces`.

    Raises `SettingsError` when the address can't be listened on.
    """
    if address is None:
        with connected(app, settings) as client:
            if health is not None:
                health.connected = client.is_connected
            yield None
        return
    web, uploads = None, NO_UPLOADS
    if health is not None:
        from bot.web.site import UPLOADS, site_of, web_application

        # A proxy on this machine may forward anybody, so that everybody needs a login.
        web = web_application(site_of(settings, health.library, health.store, now, workspaces), login=True)
        uploads = UPLOADS
    advice = "Choose another --host or --port."
    with http_server(application(app, web), address, advice=advice, uploads=uploads) as bound:
        if health is not None:
            health.connected = lambda: True
        yield bound
