"""What operators work with: what may be done to a row, who is on duty, and how well the alarms serve.

It knows of chatter, folding, incidents and shifts. Pages, commands and messages ask it; it tells nobody.
"""
