"""Numerics that SQL cannot say well: arrays in, arrays out.

No files, no Dagster, no dbt: whoever calls reads and writes.
"""
