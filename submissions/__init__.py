"""How data arrives: untrusted bytes become tables of text with line numbers, in custody, mapped to the standard.

What a district reads back is written here too. Pure Python: nothing here knows Dagster or dbt, and nothing here decides
what is true: dbt does.
"""
