"""Notification: alarms out to people and machines.

This room tells what the journal of alarms says to whoever is not looking at the page: people by their
channels, sirens and signs by retained MQTT topics. It decides neither what an alarm is nor who wants to know
of it; those are `alerts`. `pantau notify` drives it.
"""
