"""Devices: kinds and their metrics, sites, hardware, and which hardware stood where and when.

This room decides what a sensor may say, by which topic it is known, and where it stands. It does not receive
messages, judge values or draw maps. Ingest, alerts, the dashboard and the commands call it.
"""
