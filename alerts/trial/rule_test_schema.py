"""The JSON Schema of files of rule tests, for editors."""

from __future__ import annotations

from alerts.trial.rule_tests import RuleTest, RuleTestFile, Series
from config.json_schema import Schema, json_schema

_NUMBER = r"-?(\d+\.?\d*|\.\d+)"
_VALUE: Schema = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "pattern": rf"^{_NUMBER} (\.\. {_NUMBER} )?x \d+$", "examples": ["55 x 20"]},
        {"type": "null"},
    ]
}
_TEST_EXTRAS: dict[type, Schema] = {
    Series: {"properties": {"values": {"items": _VALUE}}},
    RuleTest: {"properties": {"rules": {"minItems": 1}}},
}


def rule_test_schema() -> Schema:
    """Return the JSON Schema of `config/rules/tests/*.yaml`."""
    return json_schema(RuleTestFile, title="Pantau tests of alarm rules", extras=_TEST_EXTRAS)
