"""The audit trail's lines: who did what to whom or to what, when and from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

COMMAND_LINE = "command line"


class Act(StrEnum):
    """What is written into the audit trail. Acts on alarms are in the journal of alarms already."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    SESSIONS_ENDED = "sessions ended"
    ACCOUNT_ADDED = "account added"
    ACCOUNT_DISABLED = "account disabled"
    ACCOUNT_ENABLED = "account enabled"
    ACCOUNT_RENAMED = "account renamed"
    ROLE_CHANGED = "role changed"
    PASSWORD_CHANGED = "password changed"
    DEVICE_ADDED = "device added"
    REGISTRY_CHANGED = "registry changed"
    CONFIGURATION_CHANGED = "configuration changed"
    SIGNED_ON_DUTY = "signed on duty"
    SIGNED_OFF_DUTY = "signed off duty"
    SHIFT_NOTE_WRITTEN = "shift note written"
    SHIFT_HANDED_OVER = "shift handed over"
    SHIFT_TAKEN_OVER = "shift taken over"
    SITE_NOTE_WRITTEN = "site note written"
    SITE_NOTE_ENDED = "site note ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit trail.

    Attributes:
        at: When it happened.
        by: Who did it: an account's name, `os:<user>` for whoever typed a command on the machine, "" for a
            stranger.
        act: What was done.
        about: To whom or to what: a name, a device id, a site, a sheet.
        origin: From where: an address, or `command line`.
        details: What else is worth knowing; never a secret.
    """

    at: datetime
    by: str
    act: Act
    about: str = ""
    origin: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
