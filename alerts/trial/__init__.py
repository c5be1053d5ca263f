"""Rules tried before they are trusted: back-tests, tests as data, alarms held against what is known.

It runs the live engine over past readings and changes nothing. Commands call it.
"""
