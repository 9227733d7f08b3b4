"""Disclosure control: which numbers of linked tables are hidden so that none can be worked back, and the proof.

Arrays in, arrays out. Reading results, and writing the mask and the certificates, belong to whoever calls.
"""
