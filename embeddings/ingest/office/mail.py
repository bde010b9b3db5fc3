"""Mail (.eml, .msg) and saved pages (.mhtml): subject, sender, date, the newest text, what is attached."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.ingest.html import fragment_paragraphs, read_page
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.text.sentences import paragraphs, storable
from embeddings.types import Article, Paragraph, Skipped

Found = Article | SourceError | Skipped
ReadAttachment = Callable[[bytes, Path], list[Found]]
MAX_ATTACHMENTS = 100

_QUOTED = re.compile(
    r"""^(?:-{2,}\s*(?:original\ message|forwarded\ message|ursprüngliche\ nachricht|message\ d['’]origine)
    | -{2,}\s*mensaje\ original | on\b.{5,200}\bwrote:\s*$ | am\b.{5,200}\bschrieb\b.{0,200}:\s*$
    | le\b.{5,200}\ba\ écrit\s*:\s*$ | el\b.{5,200}\bescribió:\s*$ | il\b.{5,200}\bha\ scritto:\s*$
    | op\b.{5,200}\bschreef\b.{0,100}:\s*$ | _{10,}\s*$ | (?:from|von|de):\s.{3,200}@.*$ | --\ ?$)""",
    re.IGNORECASE | re.VERBOSE,
)
"""The line above what a mail quotes."""

_FORWARDED = re.compile(r"(?:fwd?|wg|tr|rv)\s*:", re.IGNORECASE)
"""How the subject of a mail begins that passes another on: what it quotes is what it is about."""

_SIGNATURE = re.compile(r"--\ ?")


def read_eml(data: bytes, path: Path, read_attachment: ReadAttachment) -> list[Found]:
    """Return the mail, and each attachment that can be read as an article of its own."""
    message = message_from_bytes(data, policy=policy.default)
    if not isinstance(message, EmailMessage) or not (message["subject"] or message["from"] or message["date"]):
        return [SourceError(str(path), "is no mail, whatever its name says. Save it anew as .eml.")]
    name, address = parseaddr(str(message["from"] or ""))
    subject = " ".join(storable(str(message["subject"] or "")).split())
    attached = [
        (one.get_filename() or "", _bytes_of(one))
        for one in message.iter_attachments()
        if isinstance(one, EmailMessage)
    ]
    body = tuple(_body(message, is_forward=bool(_FORWARDED.match(subject))))
    return list(
        _mail(path, subject, name or address, _date(str(message["date"] or "")), body, attached, read_attachment)
    )


def read_msg(data: bytes, path: Path, read_attachment: ReadAttachment) -> list[Found]:
    """Return a mail of Outlook's, the same. A mail that is attached to it is passed over, and named."""
    from oxmsg import Message

    no_mail = SourceError(str(path), "is no .msg file, whatever its name says. Save it anew as .msg or .eml.")
    if not data.startswith(b"\xd0\xcf\x11\xe0"):
        return [no_mail]
    try:
        message = Message.load(io.BytesIO(data))
        name, address = parseaddr(message.sender or "")
        text, html = message.body or "", message.html_body or ""
        date = message.sent_date.isoformat(timespec="seconds") if message.sent_date else None
        attached = [(one.file_name or "", one.file_bytes or b"") for one in message.attachments]
    except (KeyError, ValueError, LookupError, OSError, struct.error):  # another compound file, or a damaged one
        return [no_mail]
    subject = " ".join((message.subject or "").split())
    is_forward = bool(_FORWARDED.match(subject))
    body = tuple(_of_text(text, is_forward)) if text.strip() else tuple(_of_html(html, is_forward))
    return list(_mail(path, subject, name or address, date, body, attached, read_attachment))


def read_mhtml(data: bytes, path: Path) -> Article:
    """Return the page in a saved web page."""
    message = message_from_bytes(data, policy=policy.default)
    for one in message.walk():
        if one.get_content_type() in ("text/html", "application/xhtml+xml") and isinstance(one, EmailMessage):
            address = str(one["content-location"] or message["snapshot-content-location"] or "") or None
            found = read_page(_text_of(one), path, address)
            is_web = bool(address and address.startswith(("http://", "https://")))
            return replace(found, url=found.url or (address if is_web else None))
    raise SourceError(str(path), "holds no page. Save it anew as .mhtml or .html.")


def _mail(
    path: Path,
    subject: str,
    sender: str,
    date: str | None,
    body: tuple[Paragraph, ...],
    attached: list[tuple[str, bytes]],
    read_attachment: ReadAttachment,
) -> Iterator[Found]:
    title = subject or title_from_name(path)
    origin = path.resolve().as_uri()
    if body:
        yield Article(title, body, file_name(path), origin, author=sender or None, published_at=date)
    elif not attached:
        yield SourceError(str(path), "is a mail without text.")
    for number, (name, data) in enumerate(attached[:MAX_ATTACHMENTS], start=1):
        named = Path(Path(name.replace("\\", "/")).name or f"attachment {number}")
        source = f"{path}, attachment {named}"
        for one in read_attachment(data, named):
            if isinstance(one, Article):
                # Its own address, and who sent it where it doesn't say who wrote it.
                yield replace(
                    one,
                    origin=f"{origin}#{number}-{named}",
                    author=one.author or sender or None,
                    published_at=one.published_at or date,
                )
            elif isinstance(one, SourceError):
                yield Skipped(source, one.reason)
            else:
                yield Skipped(source, one.reason)
    if len(attached) > MAX_ATTACHMENTS:
        yield Skipped(str(path), f"has {len(attached)} attachments; only the first {MAX_ATTACHMENTS} were read.")


def _body(message: EmailMessage, *, is_forward: bool) -> Iterator[Paragraph]:
    part = message.get_body(("plain", "html"))
    if part is None or not isinstance(part, EmailMessage):
        return
    text = _text_of(part)
    yield from (
        _of_text(text, is_forward) if part.get_content_type() == "text/plain" else _of_html(text, is_forward)
    )


def _of_text(text: str, is_forward: bool) -> Iterator[Paragraph]:
    lines = text.replace("\r\n", "\n").split("\n")
    end = _quote_at(lines, 0)
    kept, passed_on = lines[:end], lines[end:]
    if is_forward and passed_on:
        if _SIGNATURE.fullmatch(passed_on[0].strip()):
            passed_on = passed_on[_quote_at(passed_on, 1) :]
        passed_on = [line.lstrip("> ") for line in passed_on]
        body = next((place for place, line in enumerate(passed_on) if place and not line.strip()), len(passed_on))
        kept = [*kept, "", *passed_on[: _quote_at(passed_on, body)]]
    written = (line.rstrip() for line in kept if not line.lstrip().startswith(">"))
    yield from (
        Paragraph(storable(" ".join(part.split()) if len(part) > _SHORT else part))
        for part in paragraphs("\n".join(written))
    )


def _quote_at(lines: list[str], start: int) -> int:
    """Return the number of the line, from `start` on, above what a mail quotes, or of its signature; their count
    where it quotes nothing. Above it something is written.
    """
    is_written = bool(start)
    for place, line in enumerate(lines[start:], start=start):
        two = f"{line.strip()} {lines[place + 1].strip()}" if place + 1 < len(lines) else line
        if is_written and (_QUOTED.match(line.strip()) or (len(line) > _WRAPPED and _QUOTED.match(two))):
            return place
        is_written = is_written or bool(line.strip() and not line.lstrip().startswith(">"))
    return len(lines)


def _of_html(html: str, is_forward: bool) -> Iterator[Paragraph]:
    return _newest(fragment_paragraphs(html if is_forward else _without_quotes(html)), 1 + is_forward)


_WRAPPED = 60
"""The most characters of a line that isn't wrapped before the word that tells a quotation."""

_SHORT = 200


def _newest(found: tuple[Paragraph, ...], most: int) -> Iterator[Paragraph]:
    """Yield the paragraphs above those that the mail quotes, up to the quotation with the number `most`."""
    quoted, was_quoted = 0, False
    for place, one in enumerate(found):
        is_quoted = bool(_QUOTED.match(one.text))
        quoted += bool(place) and is_quoted and not was_quoted  # "Forwarded message", and its sender below
        if quoted >= most:
            return
        was_quoted = is_quoted
        yield one


def _without_quotes(html: str) -> str:
    """Return the mail without what it quotes: browsers and programs put that into elements of their own."""
    return re.split(
        r"<(?:blockquote|div[^>]{0,200}(?:gmail_quote|divRplyFwdMsg|yahoo_quoted|moz-cite-prefix))\b",
        html,
        maxsplit=1,
    )[0]


def _text_of(part: EmailMessage) -> str:
    try:
        content = part.get_content()
    except (LookupError, ValueError, KeyError):
        content = _bytes_of(part)
    return content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")


def _bytes_of(part: EmailMessage) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], EmailMessage) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _date(value: str) -> str | None:
    try:
        return parsedate_to_datetime(value).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
