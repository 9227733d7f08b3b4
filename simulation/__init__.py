"""A made-up state of any size, with planted truths. Everything made here says that it is simulated.

The generator itself is not built yet; its door is in this wall.
"""
