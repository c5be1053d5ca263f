"""The command line and `pantau up`: the only place that builds concrete parts and starts processes.

This room decides which broker, stores and processes a command gets. It holds no knowledge of readings, alarms
or pages; it calls the rooms below and turns their errors into one clear sentence and an exit code.
"""

__version__ = "0.1.0"
