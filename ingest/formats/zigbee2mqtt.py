"""Zigbee2MQTT's states: `<base topic>/<friendly name>`, where the name may hold slashes."""

from __future__ import annotations

import re
from datetime import datetime

from ingest.formats.sample import Decoded, Sample, parsed_object
from ingest.outcomes import Ignored

# A place may be called river/bridge, so "bridge" alone does not make a message of the bridge.
_OF_THE_BRIDGE = re.compile(
    r"/bridge/(?:state|info|health|devices|groups|definitions|extensions|converters|event|logging|log|config"
    r"|networkmap|request/.*|response/.*)$"
)
_COMMANDS = re.compile(r"/(?:set|get)(?:/[^/]*)?$")


def decode(payload: bytes, topic: str, _received_at: datetime) -> Decoded:
    """Return a device's state; its time is `last_seen` where that is switched on.

    Raises:
        Unusable: It is not a JSON object.
    """
    if _OF_THE_BRIDGE.search(topic):
        return Ignored(reason="Zigbee2MQTT's bridge is no measurement")
    if topic.endswith("/availability"):
        return Ignored(reason="Zigbee2MQTT's availability is no measurement")
    if _COMMANDS.search(topic):
        return Ignored(reason="a command to Zigbee2MQTT is no measurement")
    if not payload:
        return Ignored(reason="an empty payload only clears a retained message")
    message = parsed_object(payload)
    return [Sample(values=message, time=message.get("last_seen"), time_name="last_seen", message=message)]
