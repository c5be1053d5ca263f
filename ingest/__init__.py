"""Ingest: from an MQTT message to stored readings, flags and alarms.

This room decides what a message means, which device it belongs to, how good its values are, and when the
broker may forget it. It does not decide what is alarming or how anything is shown. Only the commands call it.
"""
