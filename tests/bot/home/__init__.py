"""Tests of `bot.home`."""
