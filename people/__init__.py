"""People: who uses Pantau, in which role, and what each role may do; accounts, sessions and the audit trail.

This room decides who somebody is and whether they may do something. It knows no web page and no alarm: the
dashboard asks it at every request, and the commands manage its accounts.
"""
