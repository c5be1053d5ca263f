"""The JSON Schema of rule files, for editors.

What needs kinds or arithmetic to be seen, the loader sees.
"""

from __future__ import annotations

from alerts.rulebook.limits import SiteLimit
from alerts.rulebook.rules import Rule, RuleFile
from alerts.rulebook.when import Count, Flat, Slope, Unusual, Value, When, Window
from config.json_schema import Schema, json_schema
from devices.kinds import Label

_TEXT: Schema = {"pattern": r"\S"}
_DISTANCE: Schema = {"minimum": 0}
_SOME: Schema = {"anyOf": [{"type": "array", "items": {"type": "string"}, "minItems": 1}, {"type": "null"}]}
_LIMITED: Schema = {
    "oneOf": [{"required": [name]} for name in ("above", "below", "outside")],
    "not": {"required": ["clear", "deadband"]},
    "properties": {"deadband": _DISTANCE},
}
_RULE: Schema = {
    "oneOf": [{"required": [name]} for name in ("above", "below", "outside", "when")],
    "allOf": [
        {"not": {"required": ["clear", "deadband"]}},
        {"not": {"required": ["when", "deadband"]}},
    ],
    "properties": {
        "id": {"pattern": "^(?!outage_)[a-z][a-z0-9_]{0,63}$"},
        "agency": _TEXT,
        "deadband": _DISTANCE,
        "sites": _SOME,
        "areas": _SOME,
        "waterways": _SOME,
        "tags": _SOME,
    },
}
_EXTRAS = {
    Rule: _RULE,
    Label: {"properties": {"id": _TEXT, "en": _TEXT}},
    SiteLimit: {"properties": {"site": _TEXT}},
    When: {"minProperties": 1, "maxProperties": 1},
    Value: _LIMITED,
    Window: _LIMITED
    | {"properties": {"deadband": _DISTANCE, "completeness": {"exclusiveMinimum": 0, "maximum": 1}}},
    Unusual: _LIMITED | {"properties": {"deadband": _DISTANCE, "weeks": {"minimum": 2, "maximum": 8}}},
    Slope: {"properties": {"deadband": _DISTANCE}},
    Flat: {"properties": {"within": _DISTANCE}},
    Count: {"properties": {"at_least": {"minimum": 1}}},
}


def rule_schema() -> Schema:
    """Return the JSON Schema of `config/rules/*.yaml`."""
    return json_schema(RuleFile, title="Pantau alarm rules", extras=_EXTRAS)
