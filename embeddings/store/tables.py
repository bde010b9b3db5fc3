"""The tables, as SQLAlchemy Core sees them. The migrations create them; a test holds the two equal.

Vectors are blobs of little-endian float16, row after row, each row of unit length before rounding:
`paragraph.views` has two rows of `dim` numbers (see `VIEWS`). `paragraph.sentence_vectors` has one row a
sentence ("title: sentence"), and before them the last sentence of the previous paragraph, or zeros.
`paragraph.sentence_spans` holds two little-endian uint32 a sentence, start and end in `paragraph.text`;
`paragraph.sentence_kinds` one byte a sentence, the `Kind` flags of what it states.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

MIGRATIONS, SCHEMA = "embeddings:store/migrations", "0010"
"""Where the migrations of these tables are, and the newest of them."""

VIEWS = 2
"""The views of a paragraph: row 0 "title: path: paragraph", row 1 mean with the previous one's row 0."""

setting = Table(
    "setting",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""What the library says of itself: its own id, the model's name, dimension and fingerprint."""

article = Table(
    "article",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("id_given", Boolean, nullable=False),
    Column("origin", String),
    Column("content_hash", String, nullable=False),
    Column("title", String, nullable=False),
    Column("url", String),
    Column("source", String),
    Column("author", String),
    Column("published_at", String),
    Column("published_utc", String),
    Column("collection", String, nullable=False),
    Column("added_at", String, nullable=False),
    Column("language", String),
    Column("text_hash", String),
    Column("quiet", Boolean, nullable=False, server_default="0"),
    Column("encoding", Integer, nullable=False, server_default="1"),
    Column("checksum", BigInteger),
    UniqueConstraint("team_id", "id", name="article_team_id"),
    Index("article_team_origin", "team_id", "origin"),
    Index("article_team_hash", "team_id", "content_hash"),
    Index("article_team_published", "team_id", "published_utc"),
    Index("article_team_text", "team_id", "text_hash"),
    Index("article_team_title", "team_id", "title"),
)
"""`text_hash` is that of the bare text of an article from the web, by which a copy at another address is known.
`quiet` articles came with the first import of a source: nobody is alerted to them. `encoding` is that of
`encoding.paragraphs.ENCODING` with which its paragraphs were encoded. `checksum` is that of the row, as in `link`
and `telling`: a row without one is damaged."""

link = Table(
    "link",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("article_key", Integer, ForeignKey("article.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("team_id", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("url", String, nullable=False),
    Column("title", String, nullable=False),
    Column("source", String),
    Column("checksum", BigInteger),
    UniqueConstraint("team_id", "origin", name="link_team_origin"),
)
"""Other addresses at which the text of an article is found too."""

source = Table(
    "source",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("url", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("title", String, nullable=False),
    Column("collection", String),
    Column("keep_days", Integer),
    Column("added_by", String),
    Column("added_at", String, nullable=False),
    Column("checked_at", String),
    Column("changed_at", String),
    Column("next_at", String, nullable=False),
    Column("interval", Integer, nullable=False),
    Column("etag", String),
    Column("last_modified", String),
    Column("failing_since", String),
    Column("failures", Integer, nullable=False),
    Column("error", String),
    Column("paused_at", String),
    Column("paused_by", String),
    Column("imported", Boolean, nullable=False),
    Column("last_look", String),
    Column("claimed_by", String),
    Column("claimed_until", String),
    UniqueConstraint("team_id", "id", name="source_team_id"),
    UniqueConstraint("team_id", "url", name="source_team_url"),
)
"""Feeds and pages that are polled; the columns are `sources.source.Source`'s.

`claimed_by` is the process that refreshes it, until `claimed_until`. `last_look` is a `LookSummary` as JSON."""

entry = Table(
    "entry",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("source_key", Integer, ForeignKey("source.key", ondelete="CASCADE"), nullable=False),
    Column("guid", String),
    Column("url", String),
    Column("title", String, nullable=False),
    Column("published_at", String),
    Column("digest", String, nullable=False),
    Column("waiting", String),
    Column("not_before", String),
    Column("tries", Integer, nullable=False),
    Column("error", String),
    Column("article_key", Integer, ForeignKey("article.key", ondelete="SET NULL"), index=True),
    Column("origin", String),
    Column("brought", Boolean, nullable=False, server_default="0"),
    Index("entry_source", "source_key", "guid"),
)
"""The entries that a source has listed. `waiting` is the entry itself, as JSON, until its article is in the
library. `brought`: the article came by this entry, and was not there already."""

robots = Table(
    "robots",
    metadata,
    Column("site", String, primary_key=True),
    Column("text", String, nullable=False),
    Column("fetched_at", String, nullable=False),
)
"""Every site's robots.txt, for a day."""

paragraph = Table(
    "paragraph",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article_key", Integer, ForeignKey("article.key", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("text", String, nullable=False),
    Column("heading", String),
    Column("page", Integer),
    Column("is_table", Boolean, nullable=False, server_default="0"),
    Column("label", String),
    Column("terms", String, nullable=False),
    Column("context_terms", String, nullable=False),
    Column("term_hashes", LargeBinary, nullable=False),
    Column("sentence_spans", LargeBinary, nullable=False),
    Column("sentence_kinds", LargeBinary, nullable=False),
    Column("views", LargeBinary, nullable=False),
    Column("sentence_vectors", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("paragraph_article", "article_key", "position"),
    Index("paragraph_revision", "revision"),
    sqlite_autoincrement=True,
)
"""`terms`: the sentences' index terms, a line a sentence, and a last line for the path of headings, if any.
`context_terms`: three lines, the terms of the title, of the first paragraph and of the previous one. Both are
what the keyword index holds. `term_hashes`: the lines of the sentences, of the context and of the path, as
little-endian uint32, one `terms.term_hash` a term, a 0 after each line; scoring reads these. Paragraphs with
`article.encoding` 1 have no line for the path; their heading counts with the title."""

paragraph_checksum = Table(
    "paragraph_checksum",
    metadata,
    Column("paragraph_id", Integer, ForeignKey("paragraph.id", ondelete="CASCADE"), primary_key=True),
    Column("shown", BigInteger, nullable=False),
    Column("scored", BigInteger, nullable=False),
    Column("indexed", BigInteger, nullable=False),
)
"""The checksums of a paragraph, by who reads what of it (`store.checksums`). In a table of its own, so that an
upgrade writes no paragraph anew."""

change = Table(
    "change",
    metadata,
    Column("revision", Integer, primary_key=True),
    Column("stamp", String, nullable=False),
)
"""Every change of the paragraphs, with a random stamp. An index is of this library's history only if it knows the
stamp of the revision that it is at: after an older copy was put back, numbers come again but stamps don't."""

removal = Table(
    "removal",
    metadata,
    Column("paragraph_id", Integer, primary_key=True),
    Column("revision", Integer, nullable=False, index=True),
)
"""Paragraphs that are gone, so that an index that knew them can forget them."""

telling = Table(
    "telling",
    metadata,
    Column("article_key", Integer, ForeignKey("article.key", ondelete="CASCADE"), primary_key=True),
    Column("team_id", String, nullable=False),
    Column("story_id", String, nullable=False),
    Column("moment", String, nullable=False),
    Column("copy_of", Integer),
    Column("vector", LargeBinary, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    Column("checksum", BigInteger),
    Index("telling_moment", "team_id", "moment"),
    Index("telling_story", "team_id", "story_id"),
)
"""Which story an article tells. `moment` is when, in UTC: its own date, or when it was added. `copy_of` is the key
of the article whose text it repeats; that one may be gone. `vector` is that of title and first paragraph, as in
`paragraph.views`; `marks` are lines of term hashes, each ended by a 0 (`topics.clustering.Marks`)."""
