"""Simulators: hardware that is not there, publishing over MQTT exactly as real hardware would.

This room decides what a simulated city measures. It knows nothing of ingest, stores or pages; everything
it says goes through the broker. Only the commands and the tests call it.
"""
