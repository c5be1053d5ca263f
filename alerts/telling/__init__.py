"""Who is told of which alarm, when and in which form: routes, letters and receipts, and alerts by CAP 1.2.

Pure decisions and their tables; the sending is notification's, the pages and feeds are dashboard's.
"""
