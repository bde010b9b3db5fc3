"""Slack's certificate: loaded once for all calls, and checked with each."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.slack.client import load_certificates, web_client
from bot.slack.messages import respond
from bot.slack.text import Message


class _Ok(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def certified(tmp_path: Path) -> Path:
    """A certificate of nobody's for localhost, and its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = tmp_path / "server.pem"
    file.write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(pem)
        + key.private_bytes(pem, plain, serialization.NoEncryption())
    )
    return file


@pytest.fixture
def port(certified: Path) -> Iterator[int]:
    with ThreadingHTTPServer(("localhost", 0), _Ok) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certified)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_server_whose_certificate_is_nobodys_is_not_spoken_to(port: int) -> None:
    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        web_client("xoxb-1", f"https://localhost:{port}/").api_test()
    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        respond(f"https://localhost:{port}/", Message("Hello"))


def test_the_systems_certificates_are_loaded_once(
    port: int, certified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified))
    load_certificates.cache_clear()
    try:
        client = web_client("xoxb-1", f"https://localhost:{port}/")
        certified.unlink()
        for _ in range(2):
            assert client.api_test()["ok"]
            respond(f"https://localhost:{port}/", Message("Hello"))
    finally:
        monkeypatch.undo()
        load_certificates.cache_clear()
        load_certificates()
