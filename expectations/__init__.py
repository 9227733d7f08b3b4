"""What is acceptable: one contract per collection, rules across collections, and the release gate's suites.

Nothing here reads a submission or writes a file; the only files read are the rules' own and the code sets.
"""
