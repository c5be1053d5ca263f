"""Roles and what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What somebody may do beyond being let in.

    Attributes:
        WATCH: See every page.
        OPERATE: Act on alarms, write and sign shift notes.
        INSTALL: Register sites and hardware.
        EXPORT: Take time series away.
        ADMINISTER: Manage people and settings.
    """

    WATCH = "watch"
    OPERATE = "operate"
    INSTALL = "install"
    EXPORT = "export"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What somebody is here for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    INSTALLER = "installer"
    ANALYST = "analyst"
    ADMIN = "admin"


_MAY: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.WATCH}),
    Role.OPERATOR: frozenset({Permission.WATCH, Permission.OPERATE, Permission.EXPORT}),
    Role.INSTALLER: frozenset({Permission.WATCH, Permission.INSTALL}),
    Role.ANALYST: frozenset({Permission.WATCH, Permission.EXPORT}),
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in.

    Attributes:
        name: As the journal and the audit trail write it.
        role: What they are here for.
        has_password: False for whom an identity provider vouches: there is none to change here.
    """

    name: str
    role: Role
    has_password: bool = True

    def may(self, permission: Permission) -> bool:
        """Tell whether their role allows it."""
        return permission in _MAY[self.role]
