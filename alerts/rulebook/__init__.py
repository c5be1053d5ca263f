"""Rules as people write them: words, defaults, limits, what is wrong with them, and which are in force.

It reads files and says what they mean. It judges no value: that is judging's.
"""
