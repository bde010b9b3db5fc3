"""Asking an ASGI application without a server."""

from __future__ import annotations

import asyncio

import httpx
from starlette.types import ASGIApp


def get(application: ASGIApp, path: str) -> httpx.Response:
    """The application's answer to a GET."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
            return await client.get(path)

    return asyncio.run(ask())
