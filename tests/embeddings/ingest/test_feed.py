"""Feeds as they are: three formats, broken ones, hostile ones; discovery and OPML."""

from __future__ import annotations

import json

import pytest

from embeddings.errors import SourceError
from embeddings.ingest.feed import Entry, Feed, feeds_of, is_feed, read_feed
from embeddings.ingest.html import fragment_paragraphs
from embeddings.ingest.opml import Outline, is_opml, read_opml, write_opml
from embeddings.text.dates import utc_key

URL = "https://quint.example/feed.xml"


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Quint Daily</title><link>https://quint.example/</link><language>en-GB</language><ttl>30</ttl>{items}
</channel></rss>"""


ITEM = """<item><guid isPermaLink="false">tag:quint:g1</guid><link>https://quint.example/a</link>
<title>Road opens</title><description>Short.</description>
<content:encoded><![CDATA[<p>The road opened.</p><p>Cars came.</p>]]></content:encoded>
<pubDate>Mon, 02 Nov 2026 10:00:00 +0100</pubDate><author>ann@quint.com (Ann Lee)</author></item>"""


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Quint Daily</title>
<link href="https://quint.example/"/><entry><id>tag:quint:g1</id>
<link href="https://quint.example/a"/><title>Road opens</title>
<content type="html">&lt;p&gt;The road opened.&lt;/p&gt;&lt;p&gt;Cars came.&lt;/p&gt;</content>
<published>2026-11-02T09:00:00Z</published><author><name>Ann Lee</name></author></entry></feed>"""


JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Quint Daily",
        "home_page_url": "https://quint.example/",
        "items": [
            {
                "id": "tag:quint:g1",
                "url": "https://quint.example/a",
                "title": "Road opens",
                "content_html": "<p>The road opened.</p><p>Cars came.</p>",
                "date_published": "2026-11-02T09:00:00+00:00",
                "authors": [{"name": "Ann Lee"}],
            }
        ],
    }
)


def rss(*items: str) -> Feed:
    return read_feed(RSS.format(items="".join(items)).encode(), URL)


def item(**fields: str) -> Entry:
    """The one entry of a feed with an item of these fields, as they stand."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return rss(f"<item>{inside}</item>").entries[0]


@pytest.mark.parametrize("text", [RSS.format(items=ITEM), ATOM, JSON], ids=["RSS", "Atom", "JSON Feed"])
def test_the_three_formats_say_the_same(text: str) -> None:
    found = read_feed(text.encode(), URL)
    assert is_feed(text.encode())
    assert (found.title, found.url) == ("Quint Daily", "https://quint.example/")
    (entry,) = found.entries
    assert (entry.guid, entry.url, entry.title, entry.author) == (
        "tag:quint:g1",
        "https://quint.example/a",
        "Road opens",
        "Ann Lee",
    )
    assert utc_key(entry.published_at or "") == "2026-11-02T09:00:00"
    assert [one.text for one in fragment_paragraphs(entry.content)] == ["The road opened.", "Cars came."]


def test_a_feed_says_how_often_and_in_which_language() -> None:
    assert (rss(ITEM).every, rss(ITEM).language) == (1800, "en")


def test_entries_without_title_date_or_guid_are_read() -> None:
    entry = item(link="https://quint.example/b", description="Words of the entry.")
    assert (entry.guid, entry.title, entry.published_at) == (None, "", None)


def test_an_entry_with_nothing_but_a_title_or_a_file_is_short_and_one_with_nothing_is_left_out() -> None:
    file = '<item><enclosure url="https://quint.example/a%20b.mp3" type="audio/mpeg" length="9"/></item>'
    found = rss(f"<item><title>Only this</title></item>{file}<item></item>")
    assert [(one.title, one.content) for one in found.entries] == [
        ("Only this", "<p>Only this</p>"),
        ("", "<p>Attached: a b.mp3 (audio/mpeg)</p>"),
    ]
    assert found.empty == 1


@pytest.mark.parametrize(
    ("date", "read"),
    [
        ("Sat, 05 Nov 2016 08:00:00 GMT", "2016-11-05T08:00:00+00:00"),
        ("Sat, 05 Nov 2096 08:00:00 GMT", "2096-11-05T08:00:00+00:00"),
        ("yesterday", None),
        ("", None),
        ("Mon, 99 Foo 20266 99:99:99 GMT", None),
    ],
)
def test_dates_are_read_and_never_guessed(date: str, read: str | None) -> None:
    assert item(link="https://quint.example/b", pubDate=date).published_at == read


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("&lt;b&gt;Road&lt;/b&gt; opens &amp;amp; closes", "Road opens & closes"),
        ("<![CDATA[<script>alert(1)</script>Road opens]]>", "Road opens"),
        ("Prices &lt; 5 &amp; rising", "Prices < 5 & rising"),
    ],
)
def test_html_in_titles_is_dropped(title: str, words: str) -> None:
    assert item(link="https://quint.example/b", title=title).title == words


def test_relative_links_are_made_whole() -> None:
    assert item(link="/news/b").url == "https://quint.example/news/b"
    feed = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1",
            "items": [{"id": 7, "url": "b?x=1", "content_text": "A & <b>."}],
        }
    )
    (entry,) = read_feed(feed.encode(), URL).entries
    assert (entry.guid, entry.url) == ("7", "https://quint.example/b?x=1")
    assert [one.text for one in fragment_paragraphs(entry.content)] == ["A & <b>."]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "ftp://quint.example/a"])
def test_links_that_are_no_pages_are_dropped(link: str) -> None:
    assert item(link=link, description="Words.").url is None


@pytest.mark.parametrize(
    "broken",
    [
        RSS.format(items=ITEM).replace("</channel></rss>", ""),
        RSS.format(items=ITEM).replace("Road opens", "Road & opens"),
        RSS.format(items=ITEM + "<item><title>half"),
        "\ufeff\n  " + RSS.format(items=ITEM),
        RSS.format(items=ITEM).replace('<?xml version="1.0"?>', ""),
        RSS.format(items=ITEM).replace("Short.", "Sh\x0bort."),
    ],
)
def test_malformed_xml_gives_what_can_be_read(broken: str) -> None:
    found = read_feed(broken.encode(), URL)
    assert found.entries[0].url == "https://quint.example/a"


def test_another_encoding_is_read() -> None:
    text = RSS.format(items=ITEM.replace("Road opens", "Café opens")).replace(
        '"1.0"', '"1.0" encoding="cp1252"', 1
    )
    assert read_feed(text.encode("cp1252"), URL).entries[0].title == "Café opens"


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + ']><rss version="2.0"><channel><title>&lol9;</title><item><link>https://quint.example/a</link>'
    "<description>&lol9;</description></item></channel></rss>"
)


OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>'
    "<title>&x;</title><item><link>https://quint.example/a</link><description>&x;</description></item></channel></rss>"
)


@pytest.mark.parametrize("text", [BOMB, OUTSIDE], ids=["bomb", "outside"])
def test_entities_are_not_expanded(text: str) -> None:
    try:
        found = read_feed(text.encode(), URL)
    except SourceError:
        return
    said = found.title + "".join(entry.content for entry in found.entries)
    assert len(said) < 1000
    assert "root:" not in said


@pytest.mark.parametrize(
    "body", [b"<html><body>No feed</body></html>", b"", b"{}", b"\x00\x01", b"<?xml version='1.0'?><other/>"]
)
def test_what_is_no_feed_is_told(body: bytes) -> None:
    assert not is_feed(body)
    with pytest.raises(SourceError, match="not a"):
        read_feed(body, URL)


@pytest.mark.parametrize("items", ["[1, null]", '"x"', "[{}]", '[{"url": 5}]'])
def test_strange_json_feeds_give_no_entries(items: str) -> None:
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "items": {items}}}'
    assert read_feed(body.encode(), URL).entries == ()


def test_what_a_feed_holds_is_never_an_address_to_open() -> None:
    with pytest.raises(SourceError):
        read_feed(b"http://127.0.0.1:1/feed", URL)
    with pytest.raises(SourceError):
        read_feed(b"/etc/passwd", URL)


def test_the_feeds_that_a_page_names_are_found_comments_last() -> None:
    head = (
        '<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">'
        '<link rel="ALTERNATE" type="application/atom+xml" href="atom.xml">'
        '<link rel="alternate" hreflang="de" href="/de">'
        '<link rel="stylesheet" type="application/rss+xml" href="/x">'
        '<link rel="alternate" type="application/feed+json" href="//quint.example/f.json">'
    )
    assert feeds_of(f"<html><head>{head}</head></html>", "https://quint.example/news/") == [
        "https://quint.example/news/atom.xml",
        "https://quint.example/f.json",
        "https://quint.example/comments/feed",
    ]


def test_opml_goes_out_and_comes_back() -> None:
    feeds = [
        Outline("https://a.example/f?x=1&y=2", "A & <B>", "News"),
        Outline("https://b.example/f", "B\x00", None),
    ]
    written = write_opml(feeds)
    assert is_opml(written)
    assert read_opml(written, "x.opml") == [feeds[0], Outline("https://b.example/f", "B", None)]


def test_opml_of_other_readers_is_read() -> None:
    text = (
        '<opml version="1.0"><body><outline text="Tech"><outline text="A" type="rss" xmlUrl="https://a.example/f"/>'
        '<outline text="again" xmlUrl="https://a.example/f"/></outline><outline text="No feed" htmlUrl="https://c.example"/>'
        '<outline text="bad" xmlUrl="javascript:1"/><outline title="D" xmlUrl="http://d.example/f"/></body></opml>'
    )
    assert read_opml(text.encode(), "x.opml") == [
        Outline("https://a.example/f", "A", "Tech"),
        Outline("http://d.example/f", "D"),
    ]


@pytest.mark.parametrize("text", ["<opml><body/></opml>", "", "no xml", BOMB.replace("rss", "opml")])
def test_opml_without_feeds_is_told(text: str) -> None:
    with pytest.raises(SourceError):
        read_opml(text.encode(), "x.opml")


CAPTION = (
    '<media:content xmlns:media="http://search.yahoo.com/mrss/" url="https://quint.example/x.jpg">'
    "<media:title>A photograph</media:title><media:description>A long caption of a picture.</media:description>"
    "</media:content>"
)


def test_a_picture_s_caption_takes_no_place_but_an_empty_one() -> None:
    own = rss(f"<item><title>Road</title><description>It opens.</description>{CAPTION}</item>").entries[0]
    assert (own.title, own.content) == ("Road", "It opens.")
    bare = rss(f"<item><title>Road</title><link>https://quint.example/a</link>{CAPTION}</item>").entries[0]
    assert (bare.title, bare.content) == ("Road", "<p>A long caption of a picture.</p>")


@pytest.mark.parametrize(
    ("element", "title"),
    [
        ('<title type="text">Using &lt;b&gt; and List&lt;T&gt;</title>', "Using <b> and List<T>"),
        ('<title type="html">Using &lt;b&gt;bold&lt;/b&gt; letters</title>', "Using bold letters"),
        ('<title type="html">Using &amp;lt;b&amp;gt;</title>', "Using <b>"),
        ("<title>a &lt; b &amp; c</title>", "a < b & c"),
    ],
)
def test_titles_of_atom_are_what_their_type_says(element: str, title: str) -> None:
    entry = f'<entry><id>urn:1</id>{element}<link href="https://quint.example/a"/></entry>'
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entry}</feed>'
    assert read_feed(body.encode(), URL).entries[0].title == title


def test_tags_that_a_title_only_names_stay_text() -> None:
    assert item(link="https://quint.example/b", title="Using &lt;script&gt; in List&lt;T&gt;").title == (
        "Using <script> in List<T>"
    )


FULL = RSS.format(items=ITEM.replace("Short.", "<![CDATA[<!doctype html><html><body><p>Café</p></body></html>]]>"))


@pytest.mark.parametrize(
    "body",
    [
        FULL.encode(),
        ("<?xml version='1.0'?><!-- " + "long " * 2000 + "-->" + FULL.partition("?>")[2]).encode(),
        FULL.encode("utf-16"),
        FULL.encode("utf-32-be"),
        FULL.replace('"1.0"?', '"1.0" encoding="utf-16"?').encode(),
        b"<br />\n<b>Warning</b>: in feed.php\n" + FULL.partition("?>")[2].encode(),
    ],
    ids=["html inside", "long comment", "utf-16", "utf-32", "declared otherwise", "a warning before"],
)
def test_a_feed_is_known_by_its_root(body: bytes) -> None:
    assert is_feed(body)
    assert "Café" in read_feed(body, URL).entries[0].content


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "Q", "items": [{"id": 1, "content_text": "Words."}], "version": "https://jsonfeed.org/version/1"}',
        '{"version": "https:\\/\\/jsonfeed.org\\/version\\/1.1", "items": [{"id": 1, "content_text": "Words."}]}',
        '{"rss": {"channel": {"title": "Q", "item": [{"guid": {"#value": "1"}, "description": "Words."}]}}}',
        '{"rss": {"channel": {"title": "Q", "item": {"guid": "1", "description": "Words."}}}}',
    ],
    ids=["version last", "escaped slashes", "RSS", "RSS with one item"],
)
def test_json_is_known_by_its_keys(text: str) -> None:
    assert is_feed(text.encode())
    (entry,) = read_feed(text.encode(), URL).entries
    assert (entry.guid, "Words." in entry.content) == ("1", True)


def test_one_broken_byte_damages_one_letter() -> None:
    body = (
        RSS.format(items=ITEM.replace("Road opens", "Crème brûlée für Ærø"))
        .encode()
        .replace("û".encode(), b"\xff")
    )
    assert read_feed(body, URL).entries[0].title == "Crème br\ufffdlée für Ærø"


def test_the_server_s_charset_counts_when_the_feed_names_none() -> None:
    body = RSS.format(items=ITEM.replace("Road opens", "Дорога открыта")).encode("cp1251")
    assert read_feed(body, URL, "windows-1251").entries[0].title == "Дорога открыта"


def test_times_without_a_zone_take_the_one_of_all_the_others() -> None:
    dates = ("Mon, 06 May 2024 23:30:00 -0500", "2024-05-07 22:00", "2024-05-08")
    found = rss("".join(f"<item><title>{one}</title><pubDate>{one}</pubDate></item>" for one in dates))
    assert [one.published_at for one in found.entries] == [
        "2024-05-06T23:30:00-05:00",
        "2024-05-07T22:00:00-05:00",
        "2024-05-08",
    ]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="text/xml" href="/rss.xml">',
        '<link rel="alternate" type="application/rss+xml; charset=utf-8" href="/rss.xml">',
        '<link rel="alternate" type="application/x-rss+xml" href="/rss.xml">',
        '<link rel="alternate" type="RSS" href="/rss.xml">',
        '<link rel="alternate feed" href="/rss.xml">',
        '<link rel="alternate" href="/rss.xml">',
    ],
)
def test_feeds_are_found_by_the_types_that_sites_write(link: str) -> None:
    other = '<link rel="alternate" type="application/json" href="/wp-json/pages/2">'
    assert feeds_of(f"<html><head>{other}{link}</head></html>", URL) == ["https://quint.example/rss.xml"]


def test_opml_with_bare_ampersands_is_read() -> None:
    body = b'<opml version="2.0"><body><outline xmlUrl="https://d.example/f?x=1&y=2&amp;z=3"/></body></opml>'
    assert [one.url for one in read_opml(body, "list")] == ["https://d.example/f?x=1&y=2&z=3"]
