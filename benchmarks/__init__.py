"""Benchmarks: how much one ingest worker takes, where its time goes, and whether its memory stays flat.

They start the real programs in a folder of their own and measure them from outside. They decide nothing and
assert no times: what is fast enough is for people to judge. `docs/benchmarks.md` holds what was measured.
"""
