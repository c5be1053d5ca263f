"""Alerts: rule files, conditions, the alarm engine and the journal of what happened to every alarm.

This room decides when an alarm begins and ends and keeps its history. It does not receive messages, draw
pages or run threads: the engine is a function of (state, reading, now). Ingest drives it, the dashboard and
the commands read its journal.
"""
