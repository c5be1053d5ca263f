"""The dashboard: what the command centre sees, and the HTTP doors beside it.

This room decides how facts look and how changes reach the browser. It reads the stores and the alarm
journal and changes nothing. Only the commands call it.
"""
