"""Markup: a page's tree, its blocks, its facts, and which of its blocks are the article."""
