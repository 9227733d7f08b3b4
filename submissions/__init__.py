"""How data arrives: untrusted bytes in, tables of strings with line numbers out; custody, mapping of foreign layouts, and what a
district reads back.

Pure Python. Nothing here knows Dagster or dbt, and nothing here decides what is true: dbt does.
"""
