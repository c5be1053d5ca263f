"""Simulators: hardware that is not there, publishing over MQTT exactly as real hardware would.

This room decides what a simulated city measures, and how the rows of somebody's CSV file are sent as their
devices would have sent them. It does not register anything, judge a value or wait for what becomes of it: it
knows nothing of ingest, stores or pages, and everything it says goes through the broker. Only the commands
and the tests call it.
"""
