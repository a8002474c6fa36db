"""Where do the images of the demo and of tests come from?

Draws people with masks. May import ``errors`` only.
"""
