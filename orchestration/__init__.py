"""When and in what order: Dagster definitions, the command line, and settings.

Assets stay thin: read, call, write, metadata. Nothing imports this room.
"""
