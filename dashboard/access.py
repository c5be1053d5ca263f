"""Who asks, and whether they may: what every route of ours depends on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from people.roles import Permission, Person, Role

DEMO_PERSON = Person(name="Demo", role=Role.OPERATOR)
PERSON = "person"
STILL_SIGNED_IN = "still_signed_in"


def person_of(request: Request) -> Person:
    """Return who asks; the guards have put them there.

    Raises:
        HTTPException: Nobody is signed in (401).
    """
    person = request.scope.get(PERSON)
    if not isinstance(person, Person):
        raise HTTPException(401, "sign in at /login")
    return person


def origin_of(request: Request) -> str:
    """Return from where somebody asks, as the audit trail writes it."""
    return request.client.host if request.client else ""


class Requirement:
    """A dependency of a route: gives who asks, when they may. What it demands can be read from the route.

    Attributes:
        permissions: What the person must be allowed to do; any one of them is enough.
    """

    def __init__(self, *permissions: Permission) -> None:
        self.permissions = permissions

    def __call__(self, request: Request) -> Person:
        """Return who asks.

        Raises:
            HTTPException: Nobody is signed in (401), or their role does not allow it (403).
        """
        person = person_of(request)
        if not any(person.may(permission) for permission in self.permissions):
            wanted = " or ".join(permission.value for permission in self.permissions)
            raise HTTPException(403, f"the role '{person.role.value}' may not {wanted}")
        return person


def requires(*permissions: Permission) -> Requirement:
    """Return a dependency of a route: who asks, when they may any of these; else 401 or 403."""
    return Requirement(*permissions)


def still_signed_in(request: Request) -> Callable[[], Awaitable[bool]]:
    """Return what tells, as often as it is asked, whether who opened a long answer may go on reading it."""
    found: Callable[[], Awaitable[bool]] = request.scope.get(STILL_SIGNED_IN, _always)
    return found


async def _always() -> bool:
    return True


class EverybodyIs:
    """Lets everybody in as one person: for the demo, which listens on loopback only."""

    def __init__(self, app: ASGIApp, *, person: Person) -> None:
        self._app = app
        self._person = person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        scope[PERSON] = self._person
        await self._app(scope, receive, send)
