"""Every route of an application with what it demands, however deep routers include each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from dashboard.access import Requirement
from people.roles import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    path: str
    method: str
    demands: frozenset[Permission]

    def example(self) -> str:
        """Return an address that the route answers."""
        parts = [p.replace("{layer}", "x") for p in self.path.split("/")]
        return "/".join(
            "x" if "{" in part and not part.endswith((".xml", ".geojson")) else part for part in parts
        )


def doors(app: Any) -> list[Door]:
    return [
        Door(path=context.path, method=method, demands=frozenset(_demands(context)))
        for context in iter_route_contexts(app.routes)
        for method in sorted(getattr(context, "methods", None) or {"GET"})
    ]


def _demands(context: Any) -> Iterator[Permission]:
    dependant = getattr(context, "dependant", None)
    if dependant is not None:
        yield from _of_dependant(dependant)


def _of_dependant(dependant: Dependant) -> Iterator[Permission]:
    if isinstance(dependant.call, Requirement):
        yield from dependant.call.permissions
    for inner in dependant.dependencies:
        yield from _of_dependant(inner)
