"""What a reader can work back from published numbers: attacks on a release, made from what it shows and nothing else.

Nothing here hides a number or knows how one was hidden; nothing is shared with `methods.disclosure`, whose work is on
trial. Arrays in, arrays out: reading a release and stopping one belong to whoever calls.
"""
