"""The state team's private pages: what the `ops_` tables of the event log say, for the people who take submissions in.

They never leave the home. Verdicts, counts, rules and names of districts stand on them, and nothing about a student.
Who stands where is worked out before; here it is arranged and written.
"""
