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


class Requirement:
    """A dependency of a route: gives who asks, when they may. What it demands can be read from the route.

    Attributes:
        permission: What the person must be allowed to do.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Person:
        """Return who asks.

        Raises:
            HTTPException: Nobody is signed in (401), or their role does not allow it (403).
        """
        person = person_of(request)
        if not person.may(self.permission):
            raise HTTPException(403, f"the role '{person.role.value}' may not {self.permission.value}")
        return person


def requires(permission: Permission) -> Requirement:
    """Return a dependency of a route: who asks, when they may; 401 for nobody, 403 for who may not."""
    return Requirement(permission)


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
