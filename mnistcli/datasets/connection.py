"""A connection to a mirror: whom it trusts, and in plain words why it failed."""

import os
import re
import ssl
from typing import Any

import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter

FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
"""What requests raises, ValueError being for addresses that are none."""

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name a file of certificates to trust."""


class Session(requests.Session):  # type: ignore[misc]  # it has no types
    """Trusts the certificates that this system does, and leaves redirects to its user."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request  # no password of ~/.netrc is a mirror's business
        self.mount("https://", _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that no answer is a redirect: requests would read their bodies, however long."""


class _Adapter(HTTPAdapter):  # type: ignore[misc]
    """Connects by the system's own store of certificates, beside those that come with requests."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the connections."""
        super().init_poolmanager(*arguments, **options, ssl_context=_trust())

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Make those through a proxy."""
        return super().proxy_manager_for(proxy, **options, ssl_context=_trust())


def _trust() -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    named = os.environ.get("SSL_CERT_FILE")
    if named and os.path.isfile(named):  # noqa: PTH113
        context.load_verify_locations(named)  # on every system: some read no variables
    return context


def reason(error: Exception, *, connect: float, silence: float) -> str:
    """Say in a few words why a request failed that had so many seconds to connect, and in silence."""
    text = str(error)
    reasons = (
        ("CERTIFICATE_VERIFY_FAILED|CertificateError", _untrusted()),
        ("CA certificate bundle", _bundle()),
        (
            "SOCKS",
            "a SOCKS proxy takes the package PySocks: pip install PySocks, where mnistcli is",
        ),
        ("SSL", "its TLS cannot be understood"),
        ("ConnectTimeout", f"no connection within {connect:g} s"),
        ("[Tt]imed out", f"no answer for {silence:g} s"),
        ("ProxyError", "the proxy does not let it through"),
        ("BadStatusLine|LineTooLong|more than 100 headers", "its answer is not HTTP"),
        ("IncompleteRead", "it stopped before the end"),
        ("refused", "connection refused"),
        ("NameResolution|resolve", "its name is not found (no network?)"),
        ("reset|aborted|RemoteDisconnected", "the connection broke"),
    )
    for pattern, words in reasons:
        if re.search(pattern, f"{type(error).__name__}: {text}"):
            return words
    return " ".join(text.split())


def _untrusted() -> str:
    named = _bundle()
    own = named or "a company's own: name its file by SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
    return f"its TLS certificate is not trusted ({own})"


def _bundle() -> str:
    """Say which variable names a file that isn't there, if one does."""
    for name in BUNDLES:
        path = os.environ.get(name)
        if path and not os.path.exists(path):  # noqa: PTH110
            return f"{name} names {path}, which is not there"
    return ""
