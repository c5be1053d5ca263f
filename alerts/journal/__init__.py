"""What has happened: events, the alarms, rows and shelves that are folded from them, and where they are kept.

Everything here is a record. It decides neither when an alarm begins (judging) nor what people may do (desk).
All other packages of the room build on it.
"""
