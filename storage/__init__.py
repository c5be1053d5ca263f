"""Storage: readings (InfluxDB or embedded SQLite), the operational database, and the books of messages.

This room decides how facts are kept and found again, and what a store's failure means to its caller. It does
not decide what a reading means, which device may speak, or what is alarming. Ingest writes through
`storage.ports`; the dashboard and the exports read through them.
"""
