"""Configuration: the YAML that people edit, and the one strict loader that reads it.

This room decides how a file becomes typed settings and how its faults are told. It does not decide what a
kind, a rule or a site means: each room keeps the schema of its own files. Every room may call it.
"""
