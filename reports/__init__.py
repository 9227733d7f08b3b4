"""What is shown: the published tables become data files, pages and charts.

No number is computed here and no label is typed by hand; both come from the `pub_*` tables.
"""
