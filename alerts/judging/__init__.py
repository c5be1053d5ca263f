"""When alarms begin and end: values and the passing of time in, events out.

Ingest calls it with every reading, the back-test with those of the past: it is the same engine, without clock
and store. What came late is looked at once more, and silence of many is one outage.
"""
