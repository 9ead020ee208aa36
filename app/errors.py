"""Public errors, and the one body in which every failure under /api/ is answered.

The body is RFC 9457's ``application/problem+json``: {type, title, status,
detail, errors: [{field, message}]}. Only the text of a :class:`PublicError`
is ever shown; any other exception is answered by the sentence of its status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one field: its name, and what was received and what is allowed."""

    field: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ProblemKind:
    """What all problems of one HTTP status share; ``slug`` names the kind in its type URI."""

    slug: str
    title: str
    detail: str


KINDS: Mapping[int, ProblemKind] = {
    400: ProblemKind(slug="bad-request", title="Bad request", detail="The request could not be understood."),
    403: ProblemKind(slug="forbidden", title="Forbidden", detail="This request is not permitted."),
    404: ProblemKind(slug="not-found", title="Not found", detail="There is nothing at this address."),
    405: ProblemKind(
        slug="method-not-allowed",
        title="Method not allowed",
        detail="This address does not answer this method; the Allow header names those it does.",
    ),
    409: ProblemKind(slug="conflict", title="Conflict", detail="The request does not fit the present state."),
    413: ProblemKind(slug="too-large", title="Body too large", detail="The request body is too large."),
    414: ProblemKind(slug="url-too-long", title="URL too long", detail="The address is too long."),
    415: ProblemKind(
        slug="unsupported-media-type",
        title="Unsupported media type",
        detail="Send JSON with Content-Type: application/json.",
    ),
    422: ProblemKind(
        slug="invalid-parameters", title="Invalid parameters", detail="The parameters are not valid."
    ),
    429: ProblemKind(slug="too-many-requests", title="Too many requests", detail="Please slow down."),
    500: ProblemKind(
        slug="internal",
        title="Internal error",
        detail="Something went wrong on the server. It has been logged; your request was not at fault.",
    ),
    503: ProblemKind(
        slug="unavailable", title="Not available", detail="The server cannot do this at the moment."
    ),
}


def problem(status: int, *, detail: str | None = None, errors: Sequence[Fault] = ()) -> dict[str, Any]:
    """Return the problem body of ``status``; ``detail`` None says what the status says of itself.

    A status without an entry of its own is answered as the 400 or 500 of its class.

    >>> problem(404)["title"]
    'Not found'
    """
    kind = KINDS.get(status) or KINDS[400 if status < 500 else 500]
    return {
        "type": f"/api/docs#{kind.slug}",
        "title": kind.title,
        "status": status,
        "detail": detail or kind.detail,
        "errors": [asdict(fault) for fault in errors],
    }


class PublicError(Exception):
    """A failure whose ``detail`` is written for the person who asked.

    ``errors`` lists every fault of every field; ``headers`` go out with the answer.
    """

    status: ClassVar[int] = 500

    def __init__(
        self, detail: str, *, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def to_problem(self) -> dict[str, Any]:
        """Return this error as a problem body."""
        return problem(self.status, detail=self.detail, errors=self.errors)


class MalformedRequest(PublicError):
    """The request is not what HTTP or JSON demands, or comes for a host that this server is not."""

    status = 400


class CrossSiteRequest(PublicError):
    """Another site's page tries to act in the visitor's name."""

    status = 403


class NotPermitted(PublicError):
    """Who asks may not have this."""

    status = 403


class NotFound(PublicError):
    """Nothing has this name."""

    status = 404


class Conflict(PublicError):
    """What is asked for does not go with the present state of what it is asked of."""

    status = 409


class BodyTooLarge(PublicError):
    """The body is longer than the server reads."""

    status = 413


class UrlTooLong(PublicError):
    """The address is longer than the server reads."""

    status = 414


class UnsupportedMediaType(PublicError):
    """The body is not declared as plain JSON."""

    status = 415


class InvalidParameters(PublicError):
    """The request was read, and what it asks for is not allowed; ``errors`` names each field."""

    status = 422

    @classmethod
    def of(cls, *faults: Fault) -> InvalidParameters:
        """Return the error of these faults, their messages joined as the detail."""
        return cls(" ".join(f"{fault.field}: {fault.message}" for fault in faults), errors=faults)


class TooManyRequests(PublicError):
    """One client asks for more than its share; the Retry-After header says when to come back."""

    status = 429


class Unavailable(PublicError):
    """Something needed (data, TensorFlow, a place in the queue) cannot be had; ``detail`` names the cure."""

    status = 503
