"""How do workers run on the nodes of a Ray cluster?

A part of ``launch``, with its limits; the only place that imports Ray.
"""
