"""Notification: alarms out to people and machines.

This room makes messages of what `alerts` decided to tell, sends them through channels until they are
received or given up, and tells the broker's alarm topics. It does not decide what is an alarm or who is to
hear of it, and keeps nothing in memory that a restart would forget. Only the commands call it.
"""
