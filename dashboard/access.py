"""Who asks, and whether they may: what every route that changes something depends on."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from people.roles import Permission, Person, Role

DEMO_PERSON = Person(name="Demo", role=Role.OPERATOR)


def person_of(request: Request) -> Person:
    """Return who asks; the guards have put them there.

    Raises:
        HTTPException: Nobody is signed in (401).
    """
    person = request.scope.get("person")
    if not isinstance(person, Person):
        raise HTTPException(401, "sign in at /login")
    return person


def requires(permission: Permission) -> Callable[[Request], Person]:
    """Return a dependency of a route: who asks, when they may.

    Raises:
        HTTPException: Nobody is signed in (401), or their role does not allow it (403).
    """

    def permitted(request: Request) -> Person:
        person = person_of(request)
        if not person.may(permission):
            raise HTTPException(403, f"the role '{person.role.value}' may not {permission.value}")
        return person

    return permitted


class EverybodyIs:
    """Lets everybody in as one person: for the demo, which listens on loopback only."""

    def __init__(self, app: ASGIApp, *, person: Person) -> None:
        self._app = app
        self._person = person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        scope["person"] = self._person
        await self._app(scope, receive, send)
