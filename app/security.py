"""What protects the server and its visitors: headers, trusted hosts, request ids and clients' networks."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterable, Mapping

MAX_URL = 4096  # bytes; gunicorn's own limit is 4094, share links need below 1,000

_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; "
    "frame-ancestors 'self' https://huggingface.co https://*.hf.space; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)

# No X-Frame-Options: it would forbid what frame-ancestors permits.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def host_name(host: str) -> str:
    """Return the name in a Host header, lower case and without its port.

    >>> host_name("LOCALHOST:5000"), host_name("[::1]:5000")
    ('localhost', '[::1]')
    """
    return re.sub(r":\d*$", "", host.lower())


def is_trusted(host: str, allowed: Iterable[str]) -> bool:
    """Return whether the Host header ``host`` names one of ``allowed``.

    An entry ``.example.org`` also permits every subdomain, ``*`` permits any name. Without the check a
    foreign page could reach a server on localhost by a name of its own (DNS rebinding).
    """
    name = host_name(host)
    return any(
        entry in ("*", name) or (entry.startswith(".") and f".{name}".endswith(entry)) for entry in allowed
    )


def client_network(address: str) -> str:
    """Return what a client is counted by: its IPv4 address, or the /64 that an IPv6 client can choose from.

    A port behind the address, as some proxies send it, is cut off; what is no address at all counts as one
    client.

    >>> client_network("192.0.2.7:4711"), client_network("2001:db8::1"), client_network("[2001:db8::2]:80")
    ('192.0.2.7', '2001:db8::/64', '2001:db8::/64')
    """
    found = _address(address)
    if found is None:
        return "unknown"
    return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found), 64), strict=False))


def is_loopback(address: str) -> bool:
    """Return whether ``address`` is this machine's own.

    >>> is_loopback("127.0.0.1"), is_loopback("::ffff:127.0.0.1"), is_loopback("192.0.2.7")
    (True, True, False)
    """
    found = _address(address)
    return found is not None and found.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = text.strip().partition("%")[0]
    if with_port := re.fullmatch(r"\[(.+)\](?::\d+)?|([\d.]+):\d+", bare):
        bare = with_port[1] or with_port[2]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def request_id(received: str) -> str:
    """Return ``received`` cut down to 64 letters, digits, dots, dashes and underscores, else a fresh id.

    >>> request_id("a1\\r\\nSet-Cookie: x=1")
    'a1Set-Cookiex1'
    """
    return re.sub(r"[^A-Za-z0-9._-]", "", received)[:64] or secrets.token_hex(8)
